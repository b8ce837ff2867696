import { MessageId } from "../../../domain/ids.ts"

/** Everything below it is answered here. */
export const partsPath = "/owa/parts/"

/** What of a message is asked for. */
export type Wanted = { readonly messageId: MessageId } & (
  | { readonly what: "part" | "preview"; readonly path: string }
  | { readonly what: "zip"; readonly paths: ReadonlyArray<string> }
  | { readonly what: "message" | "source" }
)

const partPath = /^(?:\d{1,6}\.)*(?:\d{1,6}|TEXT)$/
const maxPathLength = 200
const maxPaths = 1000

const isPartPath = (text: string): boolean => text.length <= maxPathLength && partPath.test(text)

/**
 * `/owa/parts/ID/part/PATH`, `…/preview/PATH`, `…/zip/PATH,PATH…`, `…/message` (as a file), `…/source` (to be read);
 * null where it is none of them.
 */
export const readWanted = (url: string): Wanted | null => {
  const [, id = "", what, rest] =
    /^\/owa\/parts\/(\d{1,15})\/(part|preview|zip|message|source)(?:\/([\w.,]+))?$/.exec(url) ?? []
  const messageId = MessageId(Number(id))
  switch (what) {
    case "part":
    case "preview":
      return rest !== undefined && isPartPath(rest) ? { messageId, what, path: rest } : null
    case "zip": {
      const paths = [...new Set(rest?.split(","))]
      return paths.length > 0 && paths.length <= maxPaths && paths.every(isPartPath)
        ? { messageId, what, paths }
        : null
    }
    case "message":
    case "source":
      return rest === undefined ? { messageId, what } : null
    default:
      return null
  }
}
