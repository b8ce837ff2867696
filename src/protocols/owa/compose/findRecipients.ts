import { Effect, Either } from "effect"
import { canonicalAddress, parseAddress } from "../../../domain/EmailAddress.ts"
import type { CoreError } from "../../../domain/errors.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { PeopleMethods } from "../../../rpc/People.ts"
import type { Correspondent, Recipients } from "../OwaAnswers.ts"
import type { Writer } from "./Writer.ts"

export interface RecipientServices {
  readonly core: Pick<CoreMethods, "search">
  readonly people: Pick<PeopleMethods, "findPeople">
}

interface Wish {
  readonly query: string
  readonly limit: number | null
}

/** Messages that are looked through for people whom one has written to or heard from. */
const historyMessages = 60
const defaultLimit = 10
const maxWords = 4

/** By how names and addresses begin: first with whom one wrote, those of most messages first, then everybody of the tenant. */
export const findRecipients = (
  { core, people }: RecipientServices,
  writer: Writer,
  { query, limit }: Wish
): Effect.Effect<Recipients, CoreError> => {
  const words = wordsOf(query)
  if (words.length === 0) return Effect.succeed({ people: [] })
  const wanted = Math.min(limit ?? defaultLimit, 100)
  const history = core
    .search(writer.call, {
      mailboxId: writer.mailboxId,
      query: words.map((word) => `(from:${word}* OR to:${word}* OR cc:${word}*)`).join(" "),
      folderIds: [],
      after: null,
      limit: historyMessages,
      withoutSnippets: true
    })
    .pipe(
      Effect.map(({ hits }) => hits.flatMap(({ message: { from, to, cc } }) => [...from, ...to, ...cc])),
      // An engine that is away, or words that it finds nothing in: then there are those of the tenant.
      Effect.orElseSucceed((): ReadonlyArray<Correspondent> => [])
    )
  const tenant = people.findPeople(writer.call, { tenant: null, query, offset: 0, limit: wanted })
  return Effect.zipWith(
    history,
    tenant,
    (written, { people }) => {
      const known = byFrequency(written.filter((one) => isMeant(one, words)))
      const others = people.map(({ displayName, address }) => ({ name: displayName, address }))
      return { people: merged([...known, ...others], writer.address).slice(0, wanted) }
    },
    { concurrent: true }
  )
}

/** A search of its own syntax is none here. */
const wordsOf = (query: string): ReadonlyArray<string> =>
  [...query.matchAll(/[\p{L}\p{N}\p{M}@._+-]+/gu)]
    .map(([word]) => word.replace(/^[^\p{L}\p{N}]+/u, "").toLowerCase())
    .filter((word) => word !== "")
    .slice(0, maxWords)

/** A message has more people than the one that it was found by. */
const isMeant = ({ name, address }: Correspondent, words: ReadonlyArray<string>): boolean => {
  const texts = [address, ...name.split(/[\s,;()"']+/)].map((text) => text.toLowerCase())
  return words.every((word) => texts.some((text) => text.startsWith(word)))
}

const keyOf = ({ address }: Correspondent): string | null =>
  Either.match(parseAddress(address), { onLeft: () => null, onRight: canonicalAddress })

const byFrequency = (all: ReadonlyArray<Correspondent>): ReadonlyArray<Correspondent> => {
  const counts = new Map<string, { readonly one: Correspondent; count: number }>()
  for (const one of all) {
    const key = keyOf(one)
    if (key === null) continue
    const before = counts.get(key)
    if (before === undefined) counts.set(key, { one, count: 1 })
    else before.count++
  }
  return [...counts.values()].sort((left, right) => right.count - left.count).map(({ one }) => one)
}

/** Each address once, oneself never; a name from wherever one is known. */
const merged = (all: ReadonlyArray<Correspondent>, own: string): ReadonlyArray<Correspondent> => {
  const ownKey = keyOf({ name: "", address: own })
  const found = new Map<string, Correspondent>()
  for (const { name, address } of all) {
    const key = keyOf({ name, address })
    if (key === null || key === ownKey) continue
    const before = found.get(key)
    if (before === undefined || before.name === "")
      found.set(key, { name, address: before?.address ?? address })
  }
  return [...found.values()]
}
