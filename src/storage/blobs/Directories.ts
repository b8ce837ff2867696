import { dirname } from "node:path"
import { errorCode } from "../../observability/errorCode.ts"
import type { Files } from "./files.ts"

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A directory that exists and whose own entry in its parent is durable, kept open. */
export class Directory {
  readonly #files: Files
  readonly #fd: number
  #isSyncing = false
  #waiting: Array<Waiter> = []

  constructor(files: Files, fd: number) {
    this.#files = files
    this.#fd = fd
  }

  /**
   * Makes every entry made before the call durable. Group commit: while one sync is at work the callers gather, and
   * the next one serves them all. A sync already begun may have missed an entry, so nobody joins it.
   */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      if (!this.#isSyncing) this.#next()
    })
  }

  close(): Promise<void> {
    return this.#files.close(this.#fd)
  }

  #next(): void {
    const served = this.#waiting
    this.#waiting = []
    this.#isSyncing = served.length > 0
    if (!this.#isSyncing) return
    const settle = (tell: (waiter: Waiter) => void) => {
      for (const waiter of served) tell(waiter)
      this.#next()
    }
    this.#files.syncDirectory(this.#fd).then(
      () => settle((waiter) => waiter.resolve()),
      (error) => settle((waiter) => waiter.reject(error))
    )
  }
}

interface Entry {
  readonly directory: Promise<Directory>
  users: number
}

/** The directories that blobs were put into lately: made when missing, open for their next sync. */
export class Directories {
  readonly #files: Files
  readonly #maxOpen: number
  readonly #root: string
  readonly #entries = new Map<string, Entry>()
  readonly #durable = new Set<string>()

  /** `root` exists and is durable. */
  constructor({
    files,
    root,
    maxOpen
  }: { readonly files: Files; readonly root: string; readonly maxOpen: number }) {
    this.#files = files
    this.#root = root
    this.#maxOpen = maxOpen
  }

  /** The directory stays open until `use` has settled. */
  async with<A>(path: string, use: (directory: Directory) => Promise<A>): Promise<A> {
    const entry = this.#enter(path)
    try {
      return await use(await entry.directory)
    } catch (error) {
      if (errorCode(error) !== "") this.#forget(path, entry)
      throw error
    } finally {
      entry.users -= 1
      if (entry.users === 0 && this.#entries.get(path) !== entry) this.#close(entry)
      this.#shrink()
    }
  }

  /** Once nobody uses any of them. */
  async close(): Promise<void> {
    const all = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(all.map((entry) => this.#close(entry)))
  }

  #enter(path: string): Entry {
    const entry = this.#entries.get(path) ?? { directory: this.#make(path), users: 0 }
    entry.users += 1
    // The Map's order is that of the last use.
    this.#entries.delete(path)
    this.#entries.set(path, entry)
    return entry
  }

  /** Somebody removed it, or it could not be made: the next caller looks afresh, from the root on. */
  #forget(path: string, entry: Entry): void {
    if (this.#entries.get(path) === entry) this.#entries.delete(path)
    this.#durable.clear()
  }

  async #make(path: string): Promise<Directory> {
    await this.#ensure(path)
    return new Directory(this.#files, await this.#files.open(path))
  }

  /** Syncs parents even where the directory exists: whoever made it may have crashed before doing so. */
  async #ensure(path: string): Promise<void> {
    if (path === this.#root || this.#durable.has(path)) return
    const parent = dirname(path)
    await this.#ensure(parent)
    await this.#files.makeDirectory(path).catch((error) => {
      if (errorCode(error) !== "EEXIST") throw error
    })
    const fd = await this.#files.open(parent)
    try {
      await this.#files.syncDirectory(fd)
    } finally {
      await this.#files.close(fd)
    }
    this.#durable.add(path)
  }

  #shrink(): void {
    if (this.#entries.size <= this.#maxOpen) return
    for (const [path, entry] of this.#entries) {
      if (entry.users > 0) continue
      this.#entries.delete(path)
      this.#close(entry)
      return
    }
  }

  #close({ directory }: Entry): Promise<void> {
    // One that could not be opened has nothing to close.
    return directory.then((open) => open.close()).catch(() => undefined)
  }
}
