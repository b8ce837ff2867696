import type { Node } from "prosemirror-model"
import type { NodeView } from "prosemirror-view"

/** The octets of a picture by its Content-ID; null = they cannot be had here. */
export type PictureOf = (contentId: string) => Promise<Blob | null>

/** A picture in the text. Those of other servers are kept and not fetched: that would tell of it. */
export const pictureView =
  (pictureOf: PictureOf) =>
  (node: Node): NodeView => {
    const { src, alt } = node.attrs
    const dom = document.createElement("span")
    dom.className = "compose-editor__picture"
    const label = String(alt)
    let url: string | null = null
    const show = (picture: Blob | null) => {
      if (picture === null) {
        dom.textContent = `[${label}]`
        return
      }
      url = URL.createObjectURL(picture)
      const image = document.createElement("img")
      image.src = url
      image.alt = label
      dom.replaceChildren(image)
    }
    dom.textContent = `[${label}]`
    if (String(src).startsWith("cid:")) void pictureOf(String(src).slice("cid:".length)).then(show)
    return {
      dom,
      destroy: () => {
        if (url !== null) URL.revokeObjectURL(url)
      }
    }
  }
