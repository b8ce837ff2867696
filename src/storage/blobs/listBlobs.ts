import { join } from "node:path"
import { errorCode } from "../../observability/errorCode.ts"
import type { BlobEntry, BlobPage } from "./BlobStore.ts"
import { isBlobKey } from "./blobKey.ts"
import type { DirectoryEntry, Files } from "./files.ts"
import type { Job } from "./Jobs.ts"

/** Removed, or never there. */
const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(errorCode(error))

/** Makes the order of names that of the keys: what is below a folder goes on with a slash. */
const inKeys = ({ name, isDirectory }: DirectoryEntry): string => (isDirectory ? `${name}/` : name)

/** Lists the files below a folder of `root`, as `BlobStore.list` does. */
export const listBlobs = async (
  { files, root }: { readonly files: Files; readonly root: string },
  prefix: string,
  { page: { after, limit }, job }: { readonly page: BlobPage; readonly job: Job }
): Promise<ReadonlyArray<BlobEntry>> => {
  const found: Array<BlobEntry> = []

  const addFile = async (key: string): Promise<void> => {
    if (!isBlobKey(key) || (after !== null && key <= after)) return
    const { sizeBytes, writtenAt } = await files.inspect(join(root, key))
    found.push({ key, sizeBytes, storedAt: writtenAt })
  }

  /** Whether nothing below it comes behind `after`. */
  const isPast = (folder: string): boolean => after !== null && folder < after && !after.startsWith(folder)

  const walk = async (folder: string): Promise<void> => {
    job.check()
    const entries = await files.readDirectory(join(root, folder))
    const names = entries.map(inKeys).sort()
    for (const name of names) {
      if (found.length >= limit) return
      const path = folder + name
      const visit = name.endsWith("/") ? (isPast(path) ? undefined : walk) : addFile
      // What goes while the listing comes by is not in it.
      await visit?.(path).catch((error) => {
        if (!isMissing(error)) throw error
      })
    }
  }

  await walk(prefix).catch((error) => {
    if (!isMissing(error)) throw error
  })
  return found
}
