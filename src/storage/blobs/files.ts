import fs from "node:fs"
import { promisify } from "node:util"

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

/**
 * The calls that the file system driver makes, so that a test can fail or hold any one of them. Descriptors and
 * callbacks instead of `fs/promises`: its FileHandle costs about a third more per small file.
 */
export interface Files {
  /** Creates a file of mode 0600 that must not exist, for writing. */
  readonly create: (path: string) => Promise<number>
  readonly open: (path: string) => Promise<number>
  readonly close: (fd: number) => Promise<void>
  /** Writes some of the bytes at the position and says how many. */
  readonly write: (fd: number, bytes: Uint8Array, position: number) => Promise<number>
  /** Reads some bytes from the position and says how many; 0 at the end. */
  readonly read: (fd: number, into: Uint8Array, position: number) => Promise<number>
  readonly sizeOf: (fd: number) => Promise<number>
  /** The content, and of the metadata what is needed to read it again. */
  readonly syncData: (fd: number) => Promise<void>
  readonly syncDirectory: (fd: number) => Promise<void>
  /** A second name for the file, which must not exist. */
  readonly link: (from: string, to: string) => Promise<void>
  readonly unlink: (path: string) => Promise<void>
  readonly readDirectory: (path: string) => Promise<ReadonlyArray<DirectoryEntry>>
  /** Of a file that nobody writes to any more. */
  readonly inspect: (path: string) => Promise<{ readonly sizeBytes: number; readonly writtenAt: number }>
  /** Mode 0700. */
  readonly makeDirectory: (path: string) => Promise<void>
}

const open = promisify(fs.open)
const fstat = promisify(fs.fstat)
const mkdir = promisify(fs.mkdir)
const readdir = promisify(fs.readdir)
const stat = promisify(fs.stat)

export const nodeFiles: Files = {
  create: (path) => open(path, "wx", 0o600),
  open: (path) => open(path, "r"),
  // At once: what was written is synced by now, so that nothing is waited for, and a trip to another thread costs more.
  close: async (fd) => fs.closeSync(fd),
  write: (fd, bytes, position) =>
    new Promise((resolve, reject) => {
      fs.write(fd, bytes, 0, bytes.length, position, (error, written) =>
        error === null ? resolve(written) : reject(error)
      )
    }),
  read: (fd, into, position) =>
    new Promise((resolve, reject) => {
      fs.read(fd, into, 0, into.length, position, (error, read) =>
        error === null ? resolve(read) : reject(error)
      )
    }),
  sizeOf: (fd) => fstat(fd).then(({ size }) => size),
  syncData: promisify(fs.fdatasync),
  syncDirectory: promisify(fs.fsync),
  link: promisify(fs.link),
  unlink: promisify(fs.unlink),
  readDirectory: async (path) =>
    (await readdir(path, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      isDirectory: entry.isDirectory()
    })),
  inspect: (path) => stat(path).then(({ size, mtimeMs }) => ({ sizeBytes: size, writtenAt: mtimeMs })),
  makeDirectory: (path) => mkdir(path, 0o700).then(() => undefined)
}
