import { Effect, Redacted } from "effect"
import type { Device } from "../../../domain/Device.ts"
import type { Sessions } from "../../../identity/Sessions.ts"
import type { UserPreferences } from "../../../identity/UserPreferences.ts"
import type { AdminMethods, PageOf } from "../../../rpc/Admin.ts"
import type { DevicesMethods } from "../../../rpc/Devices.ts"
import { type CallerOf, makeAsking, makeTelling } from "../asking.ts"
import { AccountRpcs } from "./AccountRpcs.ts"
import type { AppPasswordRow, DeviceRow } from "./accountAnswers.ts"

export interface AccountServices {
  readonly admin: Pick<AdminMethods, "createToken" | "listTokens" | "revokeToken">
  readonly devices: Pick<DevicesMethods, "listDevices" | "wipeDevice" | "cancelWipe" | "removeDevice">
  readonly preferences: UserPreferences["Type"]
  readonly sessions: Pick<Sessions["Type"], "list" | "end" | "endOthers">
}

type Token = Effect.Effect.Success<ReturnType<AdminMethods["listTokens"]>>["entries"][number]

/** The calls of web mail about the person themselves. */
export const accountHandlers = (
  { admin, devices, preferences, sessions }: AccountServices,
  callerOf: CallerOf
) => {
  const ask = makeAsking(callerOf)
  const tell = makeTelling(callerOf)

  return AccountRpcs.of({
    Preferences: (_, client) => tell(client, ({ mailboxId }) => preferences.follow(mailboxId)),
    SetPreferences: (input, client) =>
      ask(client, ({ mailboxId }) => preferences.set({ userId: mailboxId, ...input })),
    Devices: (_, client) =>
      ask(client, ({ call, mailboxId }) =>
        Effect.map(
          everything((after) => devices.listDevices(call(), { mailboxId, after, limit: null })),
          (all) => ({ devices: all.map(deviceRow) })
        )
      ),
    WipeDevice: (input, client) =>
      ask(client, ({ call, mailboxId }) =>
        Effect.as(devices.wipeDevice(call(), { mailboxId, ...input }), null)
      ),
    CancelWipe: (input, client) =>
      ask(client, ({ call, mailboxId }) =>
        Effect.as(devices.cancelWipe(call(), { mailboxId, ...input }), null)
      ),
    RemoveDevice: (input, client) =>
      ask(client, ({ call, mailboxId }) =>
        Effect.as(devices.removeDevice(call(), { mailboxId, ...input }), null)
      ),
    Sessions: (_, client) =>
      ask(client, ({ mailboxId, sessionId }) =>
        Effect.map(sessions.list(mailboxId), (all) => ({
          sessions: all.map(({ id, createdAt, lastSeenAt, userAgent }) => ({
            id,
            createdAt,
            lastSeenAt,
            userAgent,
            isOwn: id === sessionId
          }))
        }))
      ),
    EndSession: ({ sessionId }, client) =>
      ask(client, ({ mailboxId }) => Effect.as(sessions.end(mailboxId, sessionId), null)),
    EndOtherSessions: (_, client) =>
      ask(client, ({ mailboxId, sessionId }) =>
        Effect.map(sessions.endOthers(mailboxId, sessionId), (ended) => ({ ended }))
      ),
    AppPasswords: (_, client) =>
      ask(client, ({ call, mailboxId }) =>
        Effect.map(
          everything((after) => admin.listTokens(call(), { mailboxId, after, limit: null })),
          (all) => ({ appPasswords: all.map(appPasswordRow) })
        )
      ),
    CreateAppPassword: ({ label }, client) =>
      ask(client, ({ call, mailboxId, address }) =>
        Effect.map(admin.createToken(call(), { mailboxId, label, expiresAt: null }), ({ token, secret }) => ({
          ...appPasswordRow(token),
          secret: Redacted.value(secret),
          address
        }))
      ),
    RevokeAppPassword: ({ id }, client) =>
      ask(client, ({ call, mailboxId }) =>
        admin.revokeToken(call(), { mailboxId, tokenId: id }).pipe(
          // Somebody was quicker.
          Effect.catchTag("InvalidRequest", () => Effect.void),
          Effect.as(null)
        )
      )
  })
}

/** All pages: people have few devices and passwords, and there are limits to both. */
const everything = <A, E>(
  read: (after: string | null) => Effect.Effect<PageOf<A>, E>,
  after: string | null = null
): Effect.Effect<ReadonlyArray<A>, E> =>
  Effect.flatMap(read(after), (page) =>
    page.after === null
      ? Effect.succeed(page.entries)
      : Effect.map(everything(read, page.after), (rest) => [...page.entries, ...rest])
  )

const deviceRow = ({ deviceId, type, information, wipe, ...device }: Device): DeviceRow => ({
  deviceId,
  name: information.friendlyName ?? information.model ?? type,
  model: information.model ?? type,
  system: information.os ?? "",
  firstSeenAt: device.firstSeenAt,
  lastSeenAt: device.lastSeenAt,
  access: device.access,
  wipe: wipe === null ? null : { scope: wipe.scope, state: wipe.state }
})

const appPasswordRow = ({ id, label, createdAt }: Token): AppPasswordRow => ({ id, label, createdAt })
