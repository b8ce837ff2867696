import { readdir, stat, unlink } from "node:fs/promises"
import { join } from "node:path"
import { errorCode } from "../../observability/errorCode.ts"

const ignoreMissing = (error: unknown) => {
  // Another process sharing the folder swept it, or finished it, meanwhile.
  if (errorCode(error) !== "ENOENT") throw error
}

const removeIfStale = async (path: string, before: number): Promise<void> => {
  const { mtimeMs } = await stat(path)
  if (mtimeMs < before) await unlink(path)
}

/**
 * Removes the drafts that nobody has written to since `before` (epoch milliseconds). By age and not all at start:
 * other processes may be writing theirs in the same folder.
 */
export const removeStaleDrafts = async (folder: string, before: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    await removeIfStale(join(folder, name), before).catch(ignoreMissing)
  }
}
