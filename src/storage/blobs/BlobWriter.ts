import { randomBytes } from "node:crypto"
import { dirname, join } from "node:path"
import type { BlobKey } from "../../domain/ids.ts"
import { errorCode } from "../../observability/errorCode.ts"
import type { BlobRef } from "./BlobStore.ts"
import { checksumOf } from "./checksum.ts"
import { Directories, type Directory } from "./Directories.ts"
import type { Files } from "./files.ts"
import type { Job } from "./Jobs.ts"

/** A file that has no key yet. */
export interface Draft {
  readonly path: string
  readonly fd: number
  sizeBytes: number
  isDiscarded: boolean
}

/**
 * Puts files under keys so that a key exists only with its whole, durable content: write to a temporary file, sync
 * it, link it to its name, sync the name's directory. `link` and not `rename`, which would replace a file that exists.
 */
export class BlobWriter {
  readonly #files: Files
  readonly #root: string
  readonly #drafts: string
  readonly #directories: Directories
  readonly #committing = new Map<BlobKey, Promise<void>>()
  #count = 0

  constructor({
    files,
    root,
    draftsFolder,
    maxOpenDirectories
  }: {
    readonly files: Files
    readonly root: string
    readonly draftsFolder: string
    readonly maxOpenDirectories: number
  }) {
    this.#files = files
    this.#root = root
    this.#drafts = join(draftsFolder, `${process.pid}-${randomBytes(6).toString("hex")}`)
    this.#directories = new Directories({ files, root, maxOpen: maxOpenDirectories })
  }

  async draft(job: Job): Promise<Draft> {
    this.#count += 1
    const path = `${this.#drafts}-${this.#count}`
    const draft = { path, fd: await this.#files.create(path), sizeBytes: 0, isDiscarded: false }
    if (job.isAbandoned) await this.discard(draft)
    job.check()
    return draft
  }

  async append(draft: Draft, bytes: Uint8Array, job: Job): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      job.check()
      const written = await this.#files.write(draft.fd, rest, draft.sizeBytes)
      draft.sizeBytes += written
      rest = rest.subarray(written)
    }
  }

  /** Ends the draft, whether it succeeds or not. Undone when it is abandoned before it is durable. */
  async commit(draft: Draft, key: BlobKey, job: Job): Promise<void> {
    try {
      job.check()
      await this.#files.syncData(draft.fd)
      await this.#oneAtATime(key, () => this.#publish(draft, key, job))
    } finally {
      await this.discard(draft)
    }
  }

  async putWhole(
    key: BlobKey,
    { bytes, job }: { readonly bytes: Uint8Array; readonly job: Job }
  ): Promise<BlobRef> {
    const draft = await this.draft(job)
    try {
      await this.append(draft, bytes, job)
      // While the system writes: the disk is the slower of the two.
      const [, checksum] = await Promise.all([this.commit(draft, key, job), checksumOf(bytes)])
      return { key, checksum, sizeBytes: bytes.length }
    } finally {
      await this.discard(draft)
    }
  }

  /** Closes the file and removes its temporary name; what cannot be removed now is swept later. */
  async discard(draft: Draft): Promise<void> {
    if (draft.isDiscarded) return
    draft.isDiscarded = true
    await Promise.all(
      [this.#files.close(draft.fd), this.#files.unlink(draft.path)].map((done) => done.catch(() => {}))
    )
  }

  close(): Promise<void> {
    return this.#directories.close()
  }

  async #publish(draft: Draft, key: BlobKey, job: Job): Promise<void> {
    const folder = join(this.#root, dirname(key))
    const attempt = () =>
      this.#directories.with(folder, (directory) => this.#link(draft, { key, directory, job }))
    try {
      await attempt()
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error
      // The directory was removed under us; made again once.
      await attempt()
    }
  }

  async #link(
    draft: Draft,
    { key, directory, job }: { readonly key: BlobKey; readonly directory: Directory; readonly job: Job }
  ): Promise<void> {
    job.check()
    const path = join(this.#root, key)
    const isNew = await this.#files.link(draft.path, path).then(
      () => true,
      (error) => {
        if (errorCode(error) === "EEXIST") return false
        throw error
      }
    )
    try {
      await Promise.all([directory.sync(), this.discard(draft)])
      job.check()
    } catch (error) {
      if (isNew) await this.#files.unlink(path).catch(() => {})
      throw error
    }
  }

  /** A second put of the same key must not rely on a name that the first may still take back. */
  async #oneAtATime(key: BlobKey, work: () => Promise<void>): Promise<void> {
    const before = this.#committing.get(key)
    const mine = before === undefined ? work() : before.then(work, work)
    this.#committing.set(key, mine)
    try {
      await mine
    } finally {
      if (this.#committing.get(key) === mine) this.#committing.delete(key)
    }
  }
}
