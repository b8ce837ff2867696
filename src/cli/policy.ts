import { Args, Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import {
  type DevicePolicy,
  type DeviceRules,
  type PolicyName,
  type PolicyValue,
  permissivePolicy,
  policyNameOf,
  readPolicyValue
} from "../domain/DevicePolicy.ts"
import { type CliFailure, usage } from "./failure.ts"
import { common, described } from "./options.ts"
import { type Cell, type Format, printRow } from "./output.ts"
import { withSession } from "./session.ts"

const tenant = Options.text("tenant").pipe(
  Options.withDescription("whose devices; may be left out by who belongs to one"),
  Options.withDefault("")
)

const print = (format: Format, { policy, defaultAccess, maxDevices }: DeviceRules) =>
  printRow(format, {
    newDevices: defaultAccess,
    maxDevices,
    policy: policy !== null,
    ...(policy === null ? {} : policyCells(policy))
  })

const policyCells = ({ settings, ...policy }: DevicePolicy): Record<string, Cell> => ({
  nonProvisionable: policy.allowsNonProvisionable,
  externallyManaged: policy.allowsExternallyManaged,
  refreshHours: policy.refreshHours,
  ...settings
})

const show = Command.make("show", { tenant, ...common }, ({ tenant: of, ...options }) =>
  withSession(options, "anyone", ({ devices }) =>
    Effect.flatMap(devices.rules(of), (rules) => print(options.output, rules))
  )
).pipe(
  Command.withDescription(
    described("Show what a tenant asks of devices.", "postroom policy show --tenant demo")
  )
)

const settings = Args.text({ name: "NAME=VALUE" }).pipe(
  Args.withDescription(
    "a setting of EASProvisionDoc, e.g. DevicePasswordEnabled=1; without a value it is unset"
  ),
  Args.repeated
)

const onOff = (name: string, description: string) =>
  Options.choice(name, ["on", "off"]).pipe(Options.withDescription(description), Options.optional)

const wanted = {
  settings,
  tenant,
  newDevices: Options.choice("new-devices", ["allowed", "blocked", "quarantined"]).pipe(
    Options.withDescription("what becomes of a device that nobody has seen before"),
    Options.optional
  ),
  maxDevices: Options.integer("max-devices").pipe(
    Options.withDescription("devices that one mailbox may have"),
    Options.optional
  ),
  nonProvisionable: onOff("non-provisionable", "let devices in that cannot do all that is asked"),
  externallyManaged: onOff("externally-managed", "let devices in whose policy comes from elsewhere"),
  refreshHours: Options.integer("refresh-hours").pipe(
    Options.withDescription("have devices fetch the policy anew after so many hours; 0 = when it changes"),
    Options.optional
  ),
  none: Options.boolean("none").pipe(Options.withDescription("ask nothing of devices any more"))
}

type Wanted = Command.Command.ParseConfig<typeof wanted>

const set = Command.make(
  "set",
  { ...wanted, ...common },
  ({ server, portOffset, data, token, as, output, ...wish }) =>
    withSession({ server, portOffset, data, token, as }, "anyone", ({ devices }) =>
      Effect.gen(function* () {
        const rules = yield* changed(yield* devices.rules(wish.tenant), wish)
        yield* devices.setRules(wish.tenant, rules)
        yield* print(output, rules)
      })
    )
).pipe(
  Command.withDescription(
    described(
      "Change what a tenant asks of devices. What is not named stays as it is.",
      "postroom policy set DevicePasswordEnabled=1 MinDevicePasswordLength=6 --tenant demo",
      "postroom policy set MinDevicePasswordLength= --tenant demo",
      "postroom policy set --new-devices quarantined --max-devices 10 --tenant demo",
      "postroom policy set --none --tenant demo"
    )
  )
)

const changed = (before: DeviceRules, wish: Wanted): Effect.Effect<DeviceRules, CliFailure> =>
  Effect.map(Effect.forEach(wish.settings, readSetting), (said) => ({
    policy: wish.none ? null : policyOf(before.policy, wish, said),
    defaultAccess: Option.getOrElse(wish.newDevices, () => before.defaultAccess),
    maxDevices: Option.getOrElse(wish.maxDevices, () => before.maxDevices)
  }))

type Setting = readonly [PolicyName, PolicyValue | undefined]

const policyOf = (
  before: DevicePolicy | null,
  { nonProvisionable, externallyManaged, refreshHours }: Wanted,
  said: ReadonlyArray<Setting>
): DevicePolicy | null => {
  const saysSomething =
    Option.isSome(nonProvisionable) || Option.isSome(externallyManaged) || Option.isSome(refreshHours)
  if (!saysSomething && said.length === 0) return before
  // Strict where nothing was said: a policy that any device may pass over is none.
  const policy = before ?? {
    ...permissivePolicy,
    allowsNonProvisionable: false,
    allowsExternallyManaged: false
  }
  const settings = Object.fromEntries(
    Object.entries({ ...policy.settings, ...Object.fromEntries(said) }).filter(
      ([, value]) => value !== undefined
    )
  )
  return {
    settings,
    allowsNonProvisionable: isOn(nonProvisionable, policy.allowsNonProvisionable),
    allowsExternallyManaged: isOn(externallyManaged, policy.allowsExternallyManaged),
    refreshHours: Option.match(refreshHours, {
      onNone: () => policy.refreshHours,
      onSome: (hours) => (hours === 0 ? null : hours)
    })
  }
}

const isOn = (said: Option.Option<"on" | "off">, before: boolean): boolean =>
  Option.match(said, { onNone: () => before, onSome: (word) => word === "on" })

const readSetting = (text: string): Effect.Effect<Setting, CliFailure> => {
  const at = text.indexOf("=")
  const name = at < 0 ? undefined : policyNameOf(text.slice(0, at))
  if (name === undefined)
    return usage(`${text} is no setting: write NAME=VALUE with a name of EASProvisionDoc.`)
  const value = text.slice(at + 1)
  if (value === "") return Effect.succeed([name, undefined])
  const read = readPolicyValue(name, value)
  return read === undefined ? usage(`${name} cannot be ${value}.`) : Effect.succeed([name, read])
}

export const policy = Command.make("policy").pipe(
  Command.withDescription(described("What tenants ask of devices.")),
  Command.withSubcommands([show, set])
)
