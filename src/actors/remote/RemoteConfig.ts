import { Config, Duration } from "effect"
import { setting } from "../../settings/setting.ts"
import { between, bytes, duration } from "../../settings/types.ts"

const positive = {
  message: "more than 0",
  validation: (value: Duration.Duration) => Duration.toMillis(value) > 0
}

/** In which a peer's silence is counted. */
export const turnsPerSilence = 4

/** Calls between the processes of a deployment. */
export const RemoteConfig = Config.all({
  timeout: setting({
    name: "POSTROOM_REMOTE_TIMEOUT",
    type: duration,
    default: Duration.seconds(10),
    meaning: "What one call of another runner may take, to a quarter of POSTROOM_REMOTE_SILENCE.",
    check: positive
  }),
  silence: setting({
    name: "POSTROOM_REMOTE_SILENCE",
    type: duration,
    default: Duration.seconds(4),
    meaning: "A runner that shows no sign of life for so long is taken for dead by those connected to it.",
    check: positive
  }),
  idle: setting({
    name: "POSTROOM_REMOTE_IDLE",
    type: duration,
    default: Duration.minutes(5),
    meaning: "How long a connection to another runner is kept that nobody uses.",
    check: positive
  }),
  maxFrameBytes: setting({
    name: "POSTROOM_REMOTE_MAX_FRAME",
    type: bytes,
    default: 16 * 1024 * 1024,
    meaning: "Largest message between runners: a command, or the answer to one.",
    check: between(64 * 1024, 1024 ** 3)
  })
}).pipe(
  Config.map(({ timeout, silence, idle, maxFrameBytes }) => {
    const turn = Duration.times(silence, 1 / turnsPerSilence)
    const turns = (time: Duration.Duration) => Math.ceil(Duration.toMillis(time) / Duration.toMillis(turn))
    return { turn, callTurns: turns(timeout), idleTurns: turns(idle), maxFrameBytes }
  })
)

export type RemoteSettings = Config.Config.Success<typeof RemoteConfig>
