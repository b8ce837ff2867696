import { Effect } from "effect"
import type { MailboxId } from "../../../domain/ids.ts"
import { type Postgres, type PostgresError, statement } from "../../postgres.ts"
import { stemMark, subjectMark, subjectStemMark } from "../document.ts"
import { everyWord, type Query, type Words } from "../query/Query.ts"

/** Other forms of a word in the languages of the mailbox. */
export type Forms = ReadonlyMap<string, ReadonlyArray<string>>

/** Words of which other forms will do. */
export const hasForms = ({ words, isExact, isPrefix, field }: Words): boolean =>
  words.length === 1 && !isExact && !isPrefix && (field === null || field === "subject")

/** What else, besides the word itself, a document may hold of a word: its forms, as words or as forms of others. */
export const otherForms = (leaf: Words, forms: Forms): ReadonlyArray<string> => {
  if (!hasForms(leaf)) return []
  const [before, mark] = leaf.field === null ? ["", stemMark] : [subjectMark, subjectStemMark]
  const [word = ""] = leaf.words
  return [mark + word, ...(forms.get(word) ?? []).flatMap((form) => [before + form, mark + form])]
}

const forms = statement<{ readonly word: string; readonly forms: ReadonlyArray<string> }>({
  name: "search_forms",
  text: `SELECT asked.word, array_agg(DISTINCT form) AS forms
    FROM search.indexes AS index, unnest(index.dictionaries) AS dictionary, unnest($2::text[]) AS asked (word),
      unnest(ts_lexize(('pg_catalog.' || dictionary)::regdictionary, asked.word)) AS form
    WHERE index.user_id = $1 AND form <> asked.word GROUP BY asked.word`
})

/** The forms of every word of a query of which other forms will do. */
export const formsOf = (
  postgres: Postgres["Type"],
  mailboxId: MailboxId,
  query: Query
): Effect.Effect<Forms, PostgresError> => {
  const words = new Set(everyWord(query).flatMap((leaf) => (hasForms(leaf) ? leaf.words : [])))
  if (words.size === 0) return Effect.succeed(new Map())
  return Effect.map(
    postgres.query(forms, [mailboxId, [...words]]),
    (rows) => new Map(rows.map((row) => [row.word, row.forms]))
  )
}
