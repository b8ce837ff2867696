import type { Correspondent } from "../../../../../src/protocols/owa/OwaAnswers.ts"

export interface Addressed {
  readonly to: ReadonlyArray<Correspondent>
  readonly cc: ReadonlyArray<Correspondent>
}

type People = ReadonlyArray<Correspondent>

interface Fields {
  readonly message: { readonly from: People; readonly to: People }
  readonly replyTo: People
  readonly cc: People
}

/**
 * Who gets an answer: Reply-To, or else From (RFC 5322 3.6.3); with "all" the other recipients, too, each where they were,
 * nobody twice and never oneself. To what one sent oneself, one goes on writing to those whom one wrote to.
 */
export const replyRecipients = (
  { message, replyTo, cc }: Fields,
  { all, own }: { readonly all: boolean; readonly own: ReadonlyArray<string> }
): Addressed => {
  const self = new Set(own.map(folded))
  const isSelf = ({ address }: Correspondent) => self.has(folded(address))
  const from = known(message.from)
  const isMine = from.length > 0 && from.every(isSelf)
  const answered = known(replyTo).length > 0 ? known(replyTo) : from
  const first = isMine ? known(message.to) : answered
  const others = isMine ? [] : known(message.to)
  const to = distinct(all ? [...first, ...others] : first, new Set())
  const kept = to.filter((one) => !isSelf(one))
  const copies = all
    ? distinct(known(cc), new Set([...self, ...to.map(({ address }) => folded(address))]))
    : []
  // A note to oneself is answered to oneself.
  return { to: kept.length > 0 || copies.length > 0 ? kept : to.slice(0, 1), cc: copies }
}

const known = (people: ReadonlyArray<Correspondent>): ReadonlyArray<Correspondent> =>
  people.filter(({ address }) => address.includes("@")).map(({ name, address }) => ({ name, address }))

/** Case makes no other mailbox, whatever RFC 5321 leaves open. */
const folded = (address: string): string => address.toLowerCase()

const distinct = (
  people: ReadonlyArray<Correspondent>,
  besides: ReadonlySet<string>
): ReadonlyArray<Correspondent> => {
  const met = new Set(besides)
  return people.filter(({ address }) => {
    if (met.has(folded(address))) return false
    met.add(folded(address))
    return true
  })
}
