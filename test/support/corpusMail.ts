import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { corpusReader } from "./consensus.ts"
import { asCrlf } from "./smtpDialogue.ts"

const corpus = new URL("../../../shared/corpus/", import.meta.url)

/** Whether the shared corpus lies beside the repository. */
export const hasCorpusMail = existsSync(fileURLToPath(new URL("mail", corpus)))

/** One message of the corpus. */
export interface CorpusMail {
  /** Relative to the corpus; the n-th message of an mbox file is `…/file.mbox#n`, n from 1. */
  readonly file: string
  /** As a client sends it: every line ends with CRLF, or with what no one may make a line end of. */
  readonly bytes: Buffer
}

/** Every message of every file of `mail/`, in the order of their names. */
export const corpusMail = (): ReadonlyArray<CorpusMail> => {
  const read = corpusReader()
  return readdirSync(new URL("mail", corpus), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(fileURLToPath(corpus).length))
    .sort()
    .flatMap((file) =>
      file.endsWith(".mbox")
        ? splitMbox(readFileSync(new URL(file, corpus))).map((bytes, index) => ({
            file: `${file}#${index + 1}`,
            bytes: asCrlf(bytes)
          }))
        : [{ file, bytes: asCrlf(read(file)) }]
    )
}

/** Each "From " line begins a message; what MimeKit's own oracle finds in these files too. */
const splitMbox = (bytes: Buffer): ReadonlyArray<Buffer> =>
  bytes
    .toString("latin1")
    .split(/^From .*\r?\n/m)
    .slice(1)
    .map((message) => Buffer.from(message, "latin1"))
