import { Args, Command, Options } from "@effect/cli"
import { Effect, Option, Stream } from "effect"
import type { DeviceAccess } from "../domain/Device.ts"
import type { RpcClientError } from "../rpc/client.ts"
import type { DeviceName, DevicesClient } from "../rpc/DevicesClient.ts"
import type { CliFailure } from "./failure.ts"
import { usage } from "./failure.ts"
import { common, described } from "./options.ts"
import { printAll, printRow, type Row } from "./output.ts"
import { type Session, type SessionOptions, withSession } from "./session.ts"

type Device = Effect.Effect.Success<ReturnType<DevicesClient["device"]>>

const user = Options.text("user").pipe(
  Options.withDescription("whose devices, by address; your own without it"),
  Options.optional
)

const id = Args.text({ name: "device" }).pipe(Args.withDescription("the id that `device list` shows"))

const onDevice = { id, user, ...common }

interface Chosen extends SessionOptions {
  readonly id: string
  readonly user: Option.Option<string>
  readonly output: "table" | "json"
}

/** Somebody else's mailbox is known by address to who may read the directory. */
const mailboxOf = ({ admin }: Session, address: Option.Option<string>) =>
  Option.isNone(address)
    ? Effect.succeed("")
    : Effect.map(admin.user(address.value), ({ id: mailboxId }): string => mailboxId)

/** Does something with a device, and prints what comes of it. */
const change = (
  { id: deviceId, user: address, ...options }: Chosen,
  row: Row,
  act: (devices: DevicesClient, of: DeviceName) => Effect.Effect<void, RpcClientError | CliFailure>
) =>
  withSession(options, "anyone", (session) =>
    Effect.gen(function* () {
      const mailboxId = yield* mailboxOf(session, address)
      yield* act(session.devices, { mailboxId, deviceId })
      yield* printRow(options.output, { device: deviceId, ...row })
    })
  )

const time = (at: number | undefined) => (at === undefined || at === 0 ? null : new Date(at).toISOString())

const wipeOf = ({ wipe }: Device) => (wipe === null ? null : `${wipe.scope} ${wipe.state}`)

const list = Command.make("list", { user, ...common }, ({ user: address, ...options }) =>
  withSession(options, "anyone", (session) =>
    Effect.flatMap(mailboxOf(session, address), (mailboxId) =>
      printAll(
        options.output,
        Stream.map(
          session.devices.devices(mailboxId),
          (device): Row => ({
            device: device.deviceId,
            type: device.type,
            model: device.information.model || null,
            access: device.access,
            policy: device.acknowledged?.compliance ?? null,
            wipe: wipeOf(device),
            lastSeen: time(device.lastSeenAt)
          })
        )
      )
    )
  )
).pipe(
  Command.withDescription(
    described(
      "List the devices of a mailbox.",
      "postroom device list --user alice@demo.test",
      "postroom device list --as alice@demo.test"
    )
  )
)

const show = Command.make("show", onDevice, ({ id: deviceId, user: address, ...options }) =>
  withSession(options, "anyone", (session) =>
    Effect.gen(function* () {
      const mailboxId = yield* mailboxOf(session, address)
      yield* printRow(options.output, allOf(yield* session.devices.device({ mailboxId, deviceId })))
    })
  )
).pipe(
  Command.withDescription(described("Show all that is known of a device.", "postroom device show PHONE1"))
)

const allOf = (device: Device): Row => ({
  device: device.deviceId,
  type: device.type,
  ...device.information,
  userAgent: device.userAgent,
  userAgentChanges: device.userAgentChanges,
  versions: device.protocolVersions,
  firstSeen: time(device.firstSeenAt),
  lastSeen: time(device.lastSeenAt),
  access: device.access,
  reason: device.accessReason,
  policy: device.acknowledged?.compliance ?? null,
  policySince: time(device.acknowledged?.at),
  wipe: wipeOf(device),
  wipeAsked: time(device.wipe?.askedAt),
  heartbeats: device.heartbeats.count,
  heartbeatsChanged: device.heartbeats.changed,
  heartbeatsExpired: device.heartbeats.expired,
  heartbeatsGone: device.heartbeats.gone,
  heartbeatSeconds: device.heartbeats.lastSeconds,
  longestHeartbeatSeconds: device.heartbeats.longestSeconds
})

const reason = Options.text("reason").pipe(
  Options.withDescription("shown with the device"),
  Options.withDefault("")
)

const decide = (name: string, access: DeviceAccess, sentence: string) =>
  Command.make(name, { ...onDevice, reason }, ({ reason: why, ...chosen }) =>
    change(chosen, { access }, (devices, of) => devices.setAccess(of, access, why))
  ).pipe(
    Command.withDescription(described(sentence, `postroom device ${name} PHONE1 --user alice@demo.test`))
  )

const wipe = Command.make(
  "wipe",
  {
    ...onDevice,
    account: Options.boolean("account").pipe(
      Options.withDescription("the account alone; devices before ActiveSync 16.1 are kept out instead")
    ),
    cancel: Options.boolean("cancel").pipe(
      Options.withDescription("take it back, as long as the device has not acknowledged it")
    )
  },
  ({ account, cancel, ...chosen }) => {
    if (cancel) return change(chosen, { wipe: null }, (devices, of) => devices.cancelWipe(of))
    const scope = account ? "account" : "device"
    return change(chosen, { wipe: `${scope} pending` }, (devices, of) => devices.wipe(of, scope))
  }
).pipe(
  Command.withDescription(
    described(
      "Have a device forget everything when it comes next, and keep it out afterwards.",
      "postroom device wipe PHONE1 --user alice@demo.test",
      "postroom device wipe PHONE1 --account --as alice@demo.test",
      "postroom device wipe PHONE1 --cancel --user alice@demo.test"
    )
  )
)

const reset = Command.make(
  "reset",
  {
    ...onDevice,
    folder: Options.integer("folder").pipe(
      Options.withDescription("only of this folder, by its id"),
      Options.optional
    )
  },
  ({ folder, ...chosen }) =>
    Option.exists(folder, (folderId) => folderId < 1)
      ? usage("A folder's id is a number from 1 on.")
      : change(chosen, { reset: true }, (devices, of) => devices.reset(of, Option.getOrNull(folder)))
).pipe(
  Command.withDescription(
    described(
      "Forget what a device was told: it fetches its folders anew.",
      "postroom device reset PHONE1 --user alice@demo.test",
      "postroom device reset PHONE1 --folder 1 --user alice@demo.test"
    )
  )
)

const remove = Command.make("remove", onDevice, (chosen) =>
  change(chosen, { removed: true }, (devices, of) => devices.remove(of))
).pipe(
  Command.withDescription(
    described(
      "Forget a device. When it comes again it is a new one.",
      "postroom device remove PHONE1 --user alice@demo.test"
    )
  )
)

const synchronise = (name: string, maySync: boolean, sentence: string) =>
  Command.make(name, { address: Args.text({ name: "address" }), ...common }, ({ address, ...options }) =>
    withSession(options, "anyone", ({ admin, devices }) =>
      Effect.gen(function* () {
        const { id: mailboxId, email } = yield* admin.user(address)
        yield* devices.setSync(mailboxId, maySync)
        yield* printRow(options.output, { address: email, devices: maySync })
      })
    )
  ).pipe(Command.withDescription(described(sentence, `postroom device ${name} alice@demo.test`)))

export const device = Command.make("device").pipe(
  Command.withDescription(described("Phones and programs that synchronise mailboxes.")),
  Command.withSubcommands([
    list,
    show,
    decide("allow", "allowed", "Let a device in, also one that was wiped."),
    decide("block", "blocked", "Keep a device out."),
    decide("quarantine", "quarantined", "Keep a device waiting until somebody decides."),
    wipe,
    reset,
    remove,
    synchronise("on", true, "Let devices synchronise a mailbox."),
    synchronise("off", false, "Let no device synchronise a mailbox.")
  ])
)
