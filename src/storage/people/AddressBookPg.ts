import { Effect, Layer } from "effect"
import { type Absence, present } from "../../domain/Absence.ts"
import { NotFound } from "../../domain/errors.ts"
import { MailboxId } from "../../domain/ids.ts"
import type { FoundPeople, Person } from "../../domain/Person.ts"
import { run } from "../directory/rows.ts"
import { Postgres, statement } from "../postgres.ts"
import { AddressBook } from "./AddressBook.ts"

interface PersonRow {
  readonly id: string
  readonly email: string
  readonly display_name: string
  readonly aliases: ReadonlyArray<string>
}

const columns = `person.id, person.email, person.display_name,
  ARRAY(SELECT address FROM mail_state.aliases WHERE user_id = person.id ORDER BY address) AS aliases`

type FoundRow = { readonly total: number } & (PersonRow | { readonly id: null })

/**
 * `$2` pattern of addresses, `$3` patterns of words, `$4` offset, `$5` limit, `$6` and `$7` what each word lies between,
 * `$8` how many entries of each word are looked at, whoever the tenant has: the rarest word says who it may be.
 */
export const find = statement<FoundRow>({
  name: "people_find",
  text: `WITH near AS MATERIALIZED (
      SELECT asked.n, entry.user_id FROM unnest($6::text[], $7::text[]) WITH ORDINALITY AS asked (low, high, n)
      LEFT JOIN LATERAL (
        SELECT user_id FROM mail_state.people_words
        WHERE tenant_id = $1 AND word >= asked.low AND word < asked.high ORDER BY word, user_id LIMIT $8
      ) AS entry ON true
    ), nearest AS (
      SELECT DISTINCT user_id FROM near
      WHERE n = (SELECT n FROM near GROUP BY n ORDER BY count(user_id) LIMIT 1)
    ), found AS MATERIALIZED (
      SELECT person.id, email, display_name
      FROM nearest JOIN mail_state.users AS person ON person.id = nearest.user_id
      WHERE email LIKE $2 OR ' ' || lower(display_name) LIKE ALL ($3::text[])
        OR EXISTS (SELECT FROM mail_state.aliases WHERE user_id = person.id AND address LIKE $2)
    )
    SELECT (SELECT count(*) FROM found) AS total, page.*
    FROM (SELECT) AS always LEFT JOIN LATERAL (
      SELECT ${columns} FROM found AS person
      ORDER BY lower(person.display_name), person.email OFFSET $4 LIMIT $5
    ) AS page ON true`
})

const everybody = statement<FoundRow>({
  name: "people_everybody",
  text: `SELECT (SELECT count(*) FROM mail_state.users WHERE tenant_id = $1 AND status = 'active') AS total, page.*
    FROM (SELECT) AS always LEFT JOIN LATERAL (
      SELECT ${columns} FROM mail_state.users AS person WHERE tenant_id = $1 AND status = 'active'
      ORDER BY lower(person.display_name), person.email OFFSET $2 LIMIT $3
    ) AS page ON true`
})

/** Entries of one word: whoever types a letter does not have a whole tenant read. */
const maxEntries = 5_000
/** As long are the entries, at most. */
const maxWordLength = 255
/** After everything that begins alike. */
const lastCharacter = "\u{10ffff}"

const one = statement<PersonRow>({
  text: `SELECT ${columns} FROM mail_state.users AS person WHERE person.id = $1`
})

const selectAbsence = statement<{
  readonly absence: Absence["state"]
  readonly absence_from: number | null
  readonly absence_to: number | null
  readonly absence_replies: Absence["replies"]
}>({
  text: `SELECT absence, absence_from, absence_to, absence_replies FROM mail_state.user_settings WHERE user_id = $1`
})

const upsertAbsence = statement({
  text: `INSERT INTO mail_state.user_settings (user_id, absence, absence_from, absence_to, absence_replies)
    VALUES ($1, $2, to_timestamp($3::double precision / 1000), to_timestamp($4::double precision / 1000), $5::jsonb)
    ON CONFLICT (user_id) DO UPDATE SET absence = excluded.absence, absence_from = excluded.absence_from,
      absence_to = excluded.absence_to, absence_replies = excluded.absence_replies`
})

const toPerson = ({ id, email, display_name, aliases }: PersonRow): Person => ({
  mailboxId: MailboxId(id),
  address: email,
  displayName: display_name,
  aliases
})

const toFound = (rows: ReadonlyArray<FoundRow>): FoundPeople => ({
  people: rows.flatMap((row) => (row.id === null ? [] : [toPerson(row)])),
  total: rows[0]?.total ?? 0
})

const wordsOf = (wanted: string) => wanted.split(/\s+/)

/** Patterns of addresses and of names. */
const beginning = (wanted: string) =>
  [`${literal(wanted)}%`, wordsOf(wanted).map((word) => `% ${literal(word)}%`)] as const

/** What the entries of each word lie between. */
const between = (wanted: string) => {
  const words = wordsOf(wanted).map((word) => [...word].slice(0, maxWordLength).join(""))
  return [words, words.map((word) => word + lastCharacter)] as const
}

const literal = (text: string) => text.replaceAll(/[\\%_]/g, "\\$&")

/** People are the rows of `mail_state.users`. */
export const layer: Layer.Layer<AddressBook, never, Postgres> = Layer.effect(
  AddressBook,
  Effect.map(Postgres, (postgres) => {
    const query = run(postgres)
    return AddressBook.of({
      find: (tenantId, { query: text, offset, limit }) => {
        const wanted = text.normalize("NFC").toLowerCase().trim()
        const rows =
          wanted === ""
            ? query(everybody, [tenantId, offset, limit])
            : query(find, [tenantId, ...beginning(wanted), offset, limit, ...between(wanted), maxEntries])
        return Effect.map(rows, toFound)
      },
      person: (mailboxId) =>
        Effect.flatMap(query(one, [mailboxId]), ([row]) =>
          row === undefined ? Effect.fail(new NotFound({ what: "user" })) : Effect.succeed(toPerson(row))
        ),
      absence: (mailboxId) =>
        Effect.map(query(selectAbsence, [mailboxId]), ([row]) =>
          row === undefined
            ? present
            : {
                state: row.absence,
                from: row.absence_from,
                to: row.absence_to,
                replies: row.absence_replies
              }
        ),
      setAbsence: (mailboxId, { state, from, to, replies }) =>
        Effect.asVoid(
          query(upsertAbsence, [mailboxId, state, from, to, JSON.stringify(replies)], {
            user_settings_user_id_fkey: new NotFound({ what: "user" })
          })
        )
    })
  })
)
