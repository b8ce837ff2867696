import { Effect, Layer } from "effect"
import { BlobKey, ContentId, TenantId } from "../../domain/ids.ts"
import { run } from "../directory/rows.ts"
import { Postgres } from "../postgres.ts"
import { BlobReferences, blobProblems, type ListedBlob } from "./BlobReferences.ts"
import * as sql from "./statements.ts"

const firstContent = "00000000-0000-0000-0000-000000000000"

const columns = (blobs: ReadonlyArray<ListedBlob>) => [
  blobs.map(({ key }) => key),
  blobs.map(({ contentId }) => contentId)
]

/** Reads `mail_state` and `queue`, writes `mail_state.blob_findings`. */
export const layer: Layer.Layer<BlobReferences, never, Postgres> = Layer.effect(
  BlobReferences,
  Effect.map(Postgres, (postgres) => {
    const query = run(postgres)
    return BlobReferences.of({
      tenants: (after, limit) =>
        Effect.map(query(sql.tenants, [after, limit]), (rows) => rows.map(({ id }) => TenantId(id))),
      sight: (blobs) =>
        blobs.length === 0
          ? Effect.succeed(0)
          : Effect.map(
              query(sql.sight, [...columns(blobs), blobs.map(({ sizeBytes }) => sizeBytes)]),
              (rows) => rows.length
            ),
      due: ({ after, limit }, graceMillis) =>
        Effect.map(query(sql.due, [after, limit, graceMillis]), (rows) => {
          const last = rows.length < limit ? undefined : rows.at(-1)
          return {
            last: last === undefined ? null : BlobKey(last.blob_key),
            blobs: rows.flatMap((row) =>
              row.is_due
                ? [
                    {
                      key: BlobKey(row.blob_key),
                      contentId: ContentId(row.content_id),
                      sizeBytes: row.size_bytes,
                      isKnown: row.is_known
                    }
                  ]
                : []
            )
          }
        }),
      unknown: (graceMillis) => Effect.map(query(sql.unknown, [graceMillis]), ([row]) => row?.count ?? 0),
      forget: (blobs) =>
        blobs.length === 0 ? Effect.void : Effect.asVoid(query(sql.forget, columns(blobs))),
      referenced: (after, limit) =>
        Effect.map(query(sql.referenced, [after ?? firstContent, limit]), (rows) =>
          rows.map((row) => ({
            contentId: ContentId(row.content_id),
            key: BlobKey(row.blob_key),
            checksum: row.checksum,
            sizeBytes: row.size_bytes,
            problem: row.problem
          }))
        ),
      report: ({ key, contentId, sizeBytes }, problem) =>
        Effect.map(query(sql.report, [key, contentId, problem, sizeBytes]), (rows) => rows.length > 0),
      mended: (key, problem) => Effect.asVoid(query(sql.mended, [key, problem])),
      forgetMissing: Effect.asVoid(Effect.suspend(() => query(sql.forgetMissing, []))),
      findings: (problem, { after, limit }) =>
        Effect.map(query(sql.findings, [problem, after, limit]), (rows) =>
          rows.map((row) => ({
            key: BlobKey(row.blob_key),
            problem: row.problem,
            sizeBytes: row.size_bytes,
            foundAt: row.found_at
          }))
        ),
      counts: Effect.map(query(sql.counts, []), (rows) =>
        blobProblems.map((problem) => ({
          problem,
          count: rows.find((row) => row.problem === problem)?.count ?? 0
        }))
      )
    })
  })
)
