import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import type { ServiceImpl } from "@connectrpc/connect"
import { type Absence, type AbsenceReply, type Audience, maxReplyLength } from "../../domain/Absence.ts"
import { InvalidRequest } from "../../domain/errors.ts"
import type { Bridge } from "../bridge.ts"
import * as wire from "../gen/postroom/core/v1/people_pb.ts"
import type { PeopleMethods } from "../People.ts"
import { mailboxId, optionalCount, optionalTime, text } from "../wire/fromWire.ts"

const states = {
  off: wire.AbsenceState.OFF,
  on: wire.AbsenceState.ON,
  timed: wire.AbsenceState.TIMED
} satisfies Record<Absence["state"], wire.AbsenceState>

const stateFromWire = (state: wire.AbsenceState): Absence["state"] => {
  switch (state) {
    case wire.AbsenceState.OFF:
      return "off"
    case wire.AbsenceState.ON:
      return "on"
    case wire.AbsenceState.TIMED:
      return "timed"
    default:
      throw new InvalidRequest({ message: "An absence is off, on or timed." })
  }
}

const absenceToWire = ({
  state,
  from,
  to,
  replies: { internal, externalKnown, externalUnknown }
}: Absence) => ({
  state: states[state],
  ...(from === null ? {} : { from: timestampFromMs(from) }),
  ...(to === null ? {} : { to: timestampFromMs(to) }),
  ...(internal === undefined ? {} : { internal: replyToWire(internal) }),
  ...(externalKnown === undefined ? {} : { externalKnown: replyToWire(externalKnown) }),
  ...(externalUnknown === undefined ? {} : { externalUnknown: replyToWire(externalUnknown) })
})

const replyToWire = ({ isEnabled, message, format }: AbsenceReply) => ({
  enabled: isEnabled,
  message,
  html: format === "html"
})

const absenceFromWire = (absence: wire.Absence | undefined): Absence => {
  if (absence === undefined) throw new InvalidRequest({ message: "Say what the absence is." })
  return {
    state: stateFromWire(absence.state),
    from: optionalTime(absence.from),
    to: optionalTime(absence.to),
    replies: {
      ...replyFromWire("internal", absence.internal),
      ...replyFromWire("externalKnown", absence.externalKnown),
      ...replyFromWire("externalUnknown", absence.externalUnknown)
    }
  }
}

const replyFromWire = (audience: Audience, reply: wire.AbsenceReply | undefined): Absence["replies"] => {
  if (reply === undefined) return {}
  const message = text(reply.message, { name: "A reply", max: maxReplyLength })
  return { [audience]: { isEnabled: reply.enabled, message, format: reply.html ? "html" : "text" } }
}

/** The requests and responses of `PeopleService`, in front of `People`. */
export const peopleRoutes = (
  people: PeopleMethods,
  bridge: Bridge
): ServiceImpl<typeof wire.PeopleService> => ({
  findPeople: bridge.unary(people.findPeople, {
    read: ({ tenant, query, offset, limit }) => ({
      tenant: tenant === "" ? null : text(tenant, { name: "The tenant", max: 512 }),
      query: text(query, { name: "The query", max: 512 }),
      offset,
      limit: optionalCount(limit)
    }),
    write: ({ people: found, total }) => ({
      people: found.map((person) => ({ ...person, aliases: [...person.aliases] })),
      total: BigInt(total)
    })
  }),
  getPerson: bridge.unary(people.getPerson, {
    read: (request, principal) => ({ mailboxId: mailboxId(request.mailboxId, principal) }),
    write: (person) => ({ person: { ...person, aliases: [...person.aliases] } })
  }),
  getAbsence: bridge.unary(people.getAbsence, {
    read: (request, principal) => ({ mailboxId: mailboxId(request.mailboxId, principal) }),
    write: (absence) => ({ absence: absenceToWire(absence) })
  }),
  setAbsence: bridge.unary(people.setAbsence, {
    read: (request, principal) => ({
      mailboxId: mailboxId(request.mailboxId, principal),
      absence: absenceFromWire(request.absence)
    }),
    write: () => ({})
  })
})
