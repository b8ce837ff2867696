import { HelpDoc, Options } from "@effect/cli"

/** Options of every command that talks to a server. */
export const common = {
  server: Options.text("server").pipe(
    Options.withDescription(
      "where Postroom answers gRPC, host:port; POSTROOM_SERVER (default 127.0.0.1:9090)"
    ),
    Options.optional
  ),
  portOffset: Options.integer("port-offset").pipe(
    Options.withDescription("the --port-offset that the server was started with; POSTROOM_PORT_OFFSET"),
    Options.optional
  ),
  data: Options.text("data").pipe(
    Options.withDescription(
      "the server's data folder, for the operator's token in it; POSTROOM_DATA (default ./data)"
    ),
    Options.optional
  ),
  token: Options.text("token").pipe(
    Options.withDescription("a token to sign in with; better in POSTROOM_TOKEN, where `ps` does not show it"),
    Options.optional
  ),
  as: Options.text("as").pipe(
    Options.withDescription(
      "sign in as this user; the password comes from POSTROOM_PASSWORD, the demo users' file, or is asked for"
    ),
    Options.optional
  ),
  output: Options.choice("output", ["table", "json"]).pipe(
    Options.withDescription("how to print"),
    Options.withDefault("table")
  )
}

/** The same for commands that somebody signs in for as a user. */
export const personal = {
  ...common,
  passwordStdin: Options.boolean("password-stdin").pipe(
    Options.withDescription("read the password of --as from the first line of the standard input")
  )
}

/** What a command does, and how it looks in use. */
export const described = (sentence: string, ...examples: ReadonlyArray<string>): HelpDoc.HelpDoc =>
  HelpDoc.blocks([
    HelpDoc.p(sentence),
    ...(examples.length === 0 ? [] : [HelpDoc.p("Examples:")]),
    ...examples.map((example) => HelpDoc.p(`  ${example}`))
  ])

export const tenantFilter = Options.text("tenant").pipe(
  Options.withDescription("only what belongs to this tenant"),
  Options.optional
)
