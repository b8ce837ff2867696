import { Option, Schema, Stream } from "effect"
import { everyStanding, type StandingChange } from "../../domain/Device.ts"
import { DeviceId, MailboxId, TenantId } from "../../domain/ids.ts"
import type { Postgres } from "../postgres.ts"

const channel = "device_standing"

/** SQL that tells all processes, at the commit, whose standing changed; what is left out stands for all. */
export const tellStanding = (of: {
  readonly tenantId?: string
  readonly mailboxId?: string
  readonly deviceId?: string
}): string =>
  `pg_notify('${channel}', jsonb_build_object('tenantId', ${of.tenantId ?? "NULL"}, 'mailboxId', ${of.mailboxId ?? "NULL"},
    'deviceId', ${of.deviceId ?? "NULL"})::text)`

const Payload = Schema.parseJson(
  Schema.Struct({
    tenantId: Schema.NullOr(Schema.String.pipe(Schema.fromBrand(TenantId))),
    mailboxId: Schema.NullOr(Schema.String.pipe(Schema.fromBrand(MailboxId))),
    deviceId: Schema.NullOr(Schema.String.pipe(Schema.fromBrand(DeviceId)))
  })
)
const decode = Schema.decodeUnknownOption(Payload)

/** What was not heard while the connection was away may have been about anybody. Before the first one nobody waited. */
export const standingChanges = (postgres: Postgres["Type"]): Stream.Stream<StandingChange> =>
  postgres.listen(channel).pipe(
    Stream.dropUntil((event) => event._tag === "Listening"),
    Stream.filterMap((event) =>
      event._tag === "Listening" ? Option.some(everyStanding) : decode(event.payload)
    )
  )
