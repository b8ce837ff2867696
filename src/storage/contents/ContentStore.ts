import { Context, Effect, Layer } from "effect"
import type { Part } from "../../domain/Content.ts"
import { Unavailable } from "../../domain/errors.ts"
import type { BlobKey, ContentId } from "../../domain/ids.ts"
import { fromPart } from "../mailbox/partRows.ts"
import { Postgres, statement } from "../postgres.ts"

/** The body structure of one accepted message. */
export interface ContentParts {
  readonly contentId: ContentId
  readonly blobKey: BlobKey
  readonly parts: ReadonlyArray<Part>
}

// Not waited for on disk: the WAL is one sequence, so the delivery commit that follows carries these rows with it.
const insert = statement({
  name: "contents_put",
  text: `WITH lazy AS (SELECT set_config('synchronous_commit', 'off', true) AS setting)
    INSERT INTO mail_state.message_parts
      (message_id, id, part_id, mime_type, size_bytes, blob_key, inline, filename, header_start, body_start, body_end,
       attributes)
    SELECT row.message_id, row.id, row.part_id, row.mime_type, row.size_bytes, row.blob_key, row.inline, row.filename,
      row.header_start, row.body_start, row.body_end, row.attributes
    FROM lazy, jsonb_to_recordset($1::jsonb) AS row
      (message_id uuid, id integer, part_id text, mime_type text, size_bytes bigint, blob_key text, inline boolean,
       filename text, header_start bigint, body_start bigint, body_end bigint, attributes jsonb)
    ON CONFLICT (message_id, id) DO NOTHING`
})

/** What reading a message once has found, shared by all its recipients. */
export class ContentStore extends Context.Tag("postroom/storage/ContentStore")<
  ContentStore,
  {
    /** Keeps the structures; durable with the next commit of anybody. Putting the same twice is one. */
    readonly put: (contents: ReadonlyArray<ContentParts>) => Effect.Effect<void, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<ContentStore, never, Postgres> = Layer.effect(
    ContentStore,
    Effect.map(Postgres, (postgres) =>
      ContentStore.of({
        put: (contents) => {
          const rows = contents.flatMap(({ contentId, blobKey, parts }) =>
            parts.map((part, id) => ({
              ...fromPart(part, id),
              message_id: contentId,
              blob_key: blobKey,
              inline: part.disposition !== "attachment"
            }))
          )
          return postgres.query(insert, [JSON.stringify(rows)]).pipe(
            Effect.asVoid,
            Effect.mapError((cause) => new Unavailable({ what: "storage", cause }))
          )
        }
      })
    )
  )
}
