import type { WritingRules } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { newId } from "../newId.ts"
import type { DraftSession } from "./DraftSession.ts"
import { upload } from "./upload.ts"
import type { Attached } from "./Writing.ts"

export type AttachRules = Pick<WritingRules, "attachments" | "attachmentSize">

/** Files of one message on their way to the server, a few at a time. */
export class Attaching {
  readonly #session: DraftSession
  readonly #rules: AttachRules
  readonly #files = new Map<string, { readonly file: Blob; readonly leaving: AbortController }>()
  #turn: Promise<void> = Promise.resolve()

  constructor(session: DraftSession, rules: AttachRules) {
    this.#session = session
    this.#rules = rules
  }

  /** Attaches files. Those over a limit are in the list, too, and say so. Answers how many there were no room for. */
  add(files: ReadonlyArray<File>): number {
    const { attachments } = this.#session.writing.get()
    const room = Math.max(0, this.#rules.attachments - attachments.length)
    const coming = files.slice(0, room)
    this.#append(coming.map((file) => this.#entry(file, file.name === "" ? "attachment" : file.name, null)))
    return files.length - coming.length
  }

  /** A picture that the text shows: answers its Content-ID. */
  addPicture(file: Blob, fileName: string): string {
    const contentId = `${newId()}@postroom`
    this.#append([this.#entry(file, fileName, contentId)])
    return contentId
  }

  /** The octets of a picture that this page has itself. */
  file(contentId: string): Blob | null {
    const one = this.#session.writing.get().attachments.find((attached) => attached.contentId === contentId)
    return one === undefined ? null : (this.#files.get(one.id)?.file ?? null)
  }

  retry(id: string): void {
    this.#session.changeAttached(id, { upload: { _tag: "UnderWay", share: 0 } })
    this.#upload(id)
  }

  canRetry(id: string): boolean {
    return this.#files.has(id)
  }

  remove(id: string): void {
    this.#files.get(id)?.leaving.abort()
    this.#files.delete(id)
    this.#session.change({
      attachments: this.#session.writing.get().attachments.filter((one) => one.id !== id)
    })
  }

  #entry(file: Blob, fileName: string, contentId: string | null): Attached {
    const id = newId()
    this.#files.set(id, { file, leaving: new AbortController() })
    return {
      id,
      fileName,
      mediaType: file.type === "" ? "application/octet-stream" : file.type,
      sizeBytes: file.size,
      contentId,
      source: null,
      upload: { _tag: "UnderWay", share: 0 }
    }
  }

  #append(coming: ReadonlyArray<Attached>): void {
    if (coming.length === 0) return
    this.#session.change({ attachments: [...this.#session.writing.get().attachments, ...coming] })
    for (const { id } of coming) this.#upload(id)
  }

  /** One after the other: two at once are no faster, and the first is there earlier. */
  #upload(id: string): void {
    this.#turn = this.#turn.then(() => this.#uploadNow(id))
  }

  async #uploadNow(id: string): Promise<void> {
    const held = this.#files.get(id)
    if (held === undefined) return
    if (held.file.size > this.#rules.attachmentSize) return this.#failed(id, "size")
    const outcome = await upload(held.file, {
      signal: held.leaving.signal,
      progress: (share) => this.#session.changeAttached(id, { upload: { _tag: "UnderWay", share } })
    })
    if (held.leaving.signal.aborted) return
    if (outcome === null) this.#failed(id, "connection")
    else if ("reason" in outcome) this.#failed(id, outcome.reason === "limit" ? "size" : "refused")
    else {
      this.#session.changeAttached(id, {
        source: { _tag: "Upload", uploadId: outcome.uploadId },
        sizeBytes: outcome.sizeBytes,
        upload: { _tag: "Done" }
      })
    }
  }

  #failed(id: string, why: "connection" | "size" | "refused"): void {
    this.#session.changeAttached(id, { upload: { _tag: "Failed", why } })
  }
}
