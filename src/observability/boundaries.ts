import { Config, Context, Effect, Layer, Schema } from "effect"
import { setting } from "../settings/setting.ts"
import type { SettingType } from "../settings/types.ts"

/** Where a message's road crosses from "not yet" to "for good": what a crash test stops at. */
export const boundaryNames = [
  "blob-stored",
  "task-committed",
  "rung",
  "replied",
  "claimed",
  "delivery-decided",
  "delivery-committed",
  "acked",
  "outbox-read",
  "outbox-relayed",
  "outbox-removed"
] as const

export type Boundary = (typeof boundaryNames)[number]

/** Called at every boundary. Production passes; a crash test dies at the n-th pass of one of them. */
export class Boundaries extends Context.Reference<Boundaries>()("postroom/observability/Boundaries", {
  defaultValue: (): { readonly pass: (boundary: Boundary) => Effect.Effect<void> } => ({
    pass: () => Effect.void
  })
}) {}

/** Passes a boundary. A service on a hot path takes `Boundaries` once and calls `pass` itself. */
export const boundary = (name: Boundary): Effect.Effect<void> =>
  Effect.flatMap(Boundaries, (boundaries) => boundaries.pass(name))

const CrashPoint = Schema.compose(
  Schema.TemplateLiteralParser(Schema.Literal(...boundaryNames), ":", Schema.NumberFromString),
  Schema.Tuple(Schema.Literal(...boundaryNames), Schema.Literal(":"), Schema.Int.pipe(Schema.positive()))
)

const crashPoint: SettingType<typeof CrashPoint.Type> = {
  label: "text",
  expected: `a boundary and a count, as in ${boundaryNames[1]}:3`,
  parse: Schema.decodeUnknownOption(CrashPoint),
  print: (point) => point.join(""),
  isShown: true
}

const crashAtSetting = setting({
  name: "POSTROOM_CRASH_AT",
  type: crashPoint,
  meaning: "For tests: the server kills itself where a message passes a boundary for the n-th time."
})

/**
 * Kills this process with SIGKILL, as a power cut would, when a boundary is passed for the n-th time:
 * `POSTROOM_CRASH_AT=task-committed:3`. Without that setting nothing happens.
 */
export const layerCrashAt = Layer.unwrapEffect(
  Effect.map(Config.option(crashAtSetting), (point) =>
    point._tag === "None" ? Layer.empty : Layer.succeed(Boundaries, crashAt(point.value[0], point.value[2]))
  )
)

const crashAt = (at: Boundary, pass: number): Context.Tag.Service<Boundaries> => {
  let passes = 0
  return {
    pass: (boundary) =>
      Effect.sync(() => {
        if (boundary !== at) return
        passes += 1
        if (passes === pass) process.kill(process.pid, "SIGKILL")
      })
  }
}
