import { cleanHtml } from "./clean.ts"
import { directionOfText } from "./direction.ts"
import { type Look, liftColours, lookOf } from "./look.ts"
import { type PictureSlot, takePictures } from "./pictures.ts"
import { plainBody } from "./plainText.ts"
import { foldQuote } from "./quotes.ts"
import { fetchRemotePictures, isShownPicture } from "./remotePictures.ts"
import { tameLinks } from "./tameLinks.ts"

/** A message's body as its sender wrote it: markup, or text whose flowed lines are joined. */
export type BodyContent =
  | { readonly _tag: "Html"; readonly html: string }
  | { readonly _tag: "Text"; readonly text: string }

export interface BodyOptions {
  readonly theme: "light" | "dark"
  /** Of the page, for messages that name none of their own. */
  readonly language: string
  /** What the button of a folded quote says; null = nothing is folded. */
  readonly quoteLabel: string | null
  /** A part of the message by its Content-ID, without angle brackets; null = there is none. */
  readonly inlinePart: (contentId: string, signal: AbortSignal) => Promise<Blob | null>
}

export interface ShownBody {
  readonly look: Look
  readonly isCut: boolean
  /** Addresses of pictures that were not fetched. */
  readonly remote: ReadonlyArray<string>
  /** Once the pictures that came with the message are there. */
  readonly inlineShown: Promise<void>
  /** Fetches the others through the proxy; how many there were none of. */
  readonly loadRemote: () => Promise<number>
  /** Ends what is under way, and frees the pictures. */
  readonly dispose: () => void
}

/** Puts a message into the document of a frame that was loaded from `frame.html`, in place of what is there. */
export const showBody = (inside: Document, content: BodyContent, options: BodyOptions): ShownBody => {
  const { body, styles, isCut } =
    content._tag === "Html"
      ? cleanHtml(content.html, inside)
      : { body: plainBody(content.text), styles: [], isCut: false }
  const look = lookOf(body, styles, options.theme)
  const slots = takePictures(body, styles)
  tameLinks(body)
  if (options.quoteLabel !== null) foldQuote(body, options.quoteLabel)
  if (!body.hasAttribute("dir")) body.dir = directionOfText(body.textContent)

  const root = inside.documentElement
  root.lang = body.lang === "" ? options.language : body.lang
  root.dataset["look"] = look
  for (const old of inside.head.querySelectorAll("style[data-of-message]")) old.remove()
  for (const style of styles) style.dataset["ofMessage"] = ""
  inside.head.append(...styles)
  inside.body.replaceWith(body)
  if (look === "dark") liftColours(body)

  const pictures = openPictures(slots)
  const inline = addressesOf(slots, /^cid:/i)
  const remote = addressesOf(slots, /^https?:/i)
  return {
    look,
    isCut,
    remote,
    inlineShown: pictures.showInline(inline, options.inlinePart),
    loadRemote: () => pictures.showRemote(remote),
    dispose: pictures.dispose
  }
}

const addressesOf = (slots: ReadonlyArray<PictureSlot>, kind: RegExp): ReadonlyArray<string> => [
  ...new Set(slots.map(({ address }) => address).filter((address) => kind.test(address)))
]

const contentIdOf = (address: string): string => {
  const encoded = address.slice("cid:".length)
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

/** Pictures of one message: the frame may load what this page holds (`blob:`), and nothing else. */
const openPictures = (slots: ReadonlyArray<PictureSlot>) => {
  const held: Array<string> = []
  const leaving = new AbortController()
  const { signal } = leaving
  const show = (address: string, picture: Blob) => {
    if (signal.aborted) return
    const url = URL.createObjectURL(picture)
    held.push(url)
    for (const slot of slots) if (slot.address === address) slot.show(url)
  }
  const showPart = async (address: string, inlinePart: BodyOptions["inlinePart"]) => {
    const picture = await inlinePart(contentIdOf(address), signal).catch(() => null)
    if (picture !== null && isShownPicture(picture)) show(address, picture)
  }
  return {
    showInline: async (addresses: ReadonlyArray<string>, inlinePart: BodyOptions["inlinePart"]) => {
      await Promise.all(addresses.map((address) => showPart(address, inlinePart)))
    },
    showRemote: async (addresses: ReadonlyArray<string>): Promise<number> => {
      let missing = 0
      const found = (address: string, picture: Blob | null) => {
        if (picture === null) missing += 1
        else show(address, picture)
      }
      await fetchRemotePictures(addresses, found, signal).catch(() => undefined)
      return missing
    },
    dispose: () => {
      leaving.abort()
      for (const url of held) URL.revokeObjectURL(url)
    }
  }
}
