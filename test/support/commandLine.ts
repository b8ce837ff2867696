import { NodeContext } from "@effect/platform-node"
import { ConfigProvider, type Console, Effect } from "effect"
import { runCli } from "../../src/cli/program.ts"
import type { Platform } from "./platform.ts"

/** What a command line printed and how it ended. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const text = (parts: ReadonlyArray<unknown>) => `${parts.map(String).join(" ")}\n`

/** Runs a command line against a running platform; `onOut` sees each print as it happens. */
export const commandLine = (
  { at, dataFolder }: Platform,
  argv: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly onOut?: (printed: string) => void
  } = {}
): Effect.Effect<Ran> =>
  Effect.gen(function* () {
    const printed = { out: "", err: "" }
    const console = yield* Effect.console
    const capture: Console.Console = {
      ...console,
      log: (...parts) =>
        Effect.sync(() => {
          printed.out += text(parts)
          options.onOut?.(text(parts))
        }),
      error: (...parts) =>
        Effect.sync(() => {
          printed.err += text(parts)
        })
    }
    const environment = {
      POSTROOM_DATA: dataFolder,
      POSTROOM_SERVER: `${at.host}:${at.grpc}`,
      POSTROOM_SMTP_SERVER: `${at.host}:${at.smtp}`,
      POSTROOM_LMTP_SERVER: `${at.host}:${at.lmtp}`,
      ...options.env
    }
    const code = yield* runCli(argv).pipe(
      Effect.withConsole(capture),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
      Effect.provide(NodeContext.layer)
    )
    return { code, ...printed }
  })
