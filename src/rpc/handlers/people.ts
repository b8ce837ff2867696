import { Effect } from "effect"
import { type Absence, audiences, maxReplyLength } from "../../domain/Absence.ts"
import { InvalidRequest } from "../../domain/errors.ts"
import type { Directory } from "../../storage/directory/Directory.ts"
import type { AddressBook } from "../../storage/people/AddressBook.ts"
import type { AdminLimits } from "../AdminConfig.ts"
import type { Authorized } from "../guard.ts"
import type { PeopleMethods } from "../People.ts"
import { makeTenancy } from "./tenancy.ts"

export interface PeopleServices {
  readonly directory: Directory["Type"]
  readonly addressBook: AddressBook["Type"]
  readonly limits: Pick<AdminLimits, "pageSize" | "maxPageSize">
}

type Input<Method extends keyof PeopleMethods> = Parameters<PeopleMethods[Method]>[1]

export const makePeopleHandlers = ({ directory, addressBook, limits }: PeopleServices) => {
  const { oneTenant } = makeTenancy({ directory, limits })
  return {
    findPeople: (call: Authorized, { tenant, query, offset, limit }: Input<"findPeople">) =>
      Effect.flatMap(oneTenant(call, tenant), (tenantId) =>
        addressBook.find(tenantId, {
          query,
          offset,
          limit: Math.min(limit ?? limits.pageSize, limits.maxPageSize)
        })
      ),
    getPerson: (_: Authorized, { mailboxId }: Input<"getPerson">) => addressBook.person(mailboxId),
    getAbsence: (_: Authorized, { mailboxId }: Input<"getAbsence">) => addressBook.absence(mailboxId),
    setAbsence: (_: Authorized, { mailboxId, absence }: Input<"setAbsence">) =>
      Effect.zipRight(checked(absence), addressBook.setAbsence(mailboxId, absence))
  }
}

const checked = ({ state, from, to, replies }: Absence): Effect.Effect<void, InvalidRequest> => {
  if ((from === null) !== (to === null)) return refuse("An absence has both a beginning and an end, or none.")
  if (state === "timed" && from === null) return refuse("Say from when to when.")
  if (from !== null && to !== null && from >= to) return refuse("An absence begins before it ends.")
  const isTooLong = audiences.some((audience) => (replies[audience]?.message.length ?? 0) > maxReplyLength)
  return isTooLong ? refuse(`A reply has at most ${maxReplyLength} characters.`) : Effect.void
}

const refuse = (message: string) => Effect.fail(new InvalidRequest({ message }))
