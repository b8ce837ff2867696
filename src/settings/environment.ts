import { Config, ConfigProvider, Effect, HashSet, Option } from "effect"

/** Kubernetes gives every container the address of each Service, by a name that may begin with ours. */
const isOfKubernetes = (name: string, value: string): boolean =>
  /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/.test(name) ||
  (name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value))

/** What the environment sets of ours. An empty value sets nothing. */
export const environment: Effect.Effect<ReadonlyMap<string, string>> = Effect.gen(function* () {
  // Whole names: `=` is the one character that no name has in it.
  const variables = ConfigProvider.fromEnv({ pathDelim: "=" })
  const names = yield* variables.flattened.enumerateChildren([])
  const found = new Map<string, string>()
  for (const name of HashSet.toValues(names)
    .filter((each) => each.startsWith("POSTROOM_"))
    .sort()) {
    const value = yield* Effect.option(variables.load(Config.string(name)))
    if (Option.isSome(value) && value.value !== "" && !isOfKubernetes(name, value.value)) {
      found.set(name, value.value)
    }
  }
  return found
}).pipe(Effect.orDie)
