import { join } from "node:path"
import type { BlobKey } from "../../domain/ids.ts"
import type { ByteRange } from "./BlobStore.ts"
import type { Files } from "./files.ts"
import type { Job } from "./Jobs.ts"

/** Reads files by key; each method is one job. */
export class BlobReader {
  readonly #files: Files
  readonly #root: string

  constructor(files: Files, root: string) {
    this.#files = files
    this.#root = root
  }

  whole(key: BlobKey, job: Job): Promise<Uint8Array> {
    return this.range(key, { range: { start: 0, end: Number.POSITIVE_INFINITY }, job })
  }

  range(key: BlobKey, { range, job }: { readonly range: ByteRange; readonly job: Job }): Promise<Uint8Array> {
    return this.#withOpen(key, async (fd) => {
      const size = await this.#files.sizeOf(fd)
      const start = Math.min(Math.max(0, range.start), size)
      const end = Math.min(Math.max(start, range.end), size)
      return this.read(fd, { start, sizeBytes: end - start, job })
    })
  }

  sizeBytes(key: BlobKey): Promise<number> {
    return this.#withOpen(key, (fd) => this.#files.sizeOf(fd))
  }

  async open(key: BlobKey, job: Job): Promise<number> {
    const fd = await this.#files.open(join(this.#root, key))
    if (job.isAbandoned) await this.close(fd)
    job.check()
    return fd
  }

  /** Fewer bytes than asked for only at the end of the file. */
  async read(
    fd: number,
    { start, sizeBytes, job }: { readonly start: number; readonly sizeBytes: number; readonly job: Job }
  ): Promise<Uint8Array> {
    // Not from Buffer's shared pool: a kept preview would keep eight kilobytes alive.
    const into = new Uint8Array(sizeBytes)
    let filled = 0
    while (filled < sizeBytes) {
      job.check()
      const read = await this.#files.read(fd, into.subarray(filled), start + filled)
      if (read === 0) break
      filled += read
    }
    return into.subarray(0, filled)
  }

  close(fd: number): Promise<void> {
    return this.#files.close(fd).catch(() => undefined)
  }

  async #withOpen<A>(key: BlobKey, use: (fd: number) => Promise<A>): Promise<A> {
    const fd = await this.#files.open(join(this.#root, key))
    try {
      return await use(fd)
    } finally {
      await this.close(fd)
    }
  }
}
