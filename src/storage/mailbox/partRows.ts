import type { Part } from "../../domain/Content.ts"

/** The facts of a part that no column holds; JSON in `message_parts.attributes`. */
type PartAttributes = Omit<
  Part,
  "path" | "type" | "sizeBytes" | "fileName" | "headerStart" | "bodyStart" | "bodyEnd"
>

export interface PartRow {
  readonly id: number
  readonly part_id: string
  readonly mime_type: string
  readonly size_bytes: number
  readonly filename: string | null
  readonly header_start: number
  readonly body_start: number
  readonly body_end: number
  readonly attributes: PartAttributes
}

export const toPart = (row: PartRow): Part => ({
  ...row.attributes,
  path: row.part_id,
  type: row.mime_type,
  sizeBytes: row.size_bytes,
  fileName: row.filename,
  headerStart: row.header_start,
  bodyStart: row.body_start,
  bodyEnd: row.body_end
})

export const fromPart = (part: Part, id: number): PartRow => {
  const { path, type, sizeBytes, fileName, headerStart, bodyStart, bodyEnd, ...attributes } = part
  return {
    id,
    part_id: path,
    mime_type: type,
    size_bytes: sizeBytes,
    filename: fileName,
    header_start: headerStart,
    body_start: bodyStart,
    body_end: bodyEnd,
    attributes
  }
}
