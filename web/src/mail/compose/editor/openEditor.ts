import { history } from "prosemirror-history"
import { keymap } from "prosemirror-keymap"
import type { Node } from "prosemirror-model"
import { EditorState, Selection } from "prosemirror-state"
import { EditorView } from "prosemirror-view"
import { lifted, readRgb } from "../../body/colours.ts"
import { keys } from "./commands.ts"
import { pieceOf } from "./markup.ts"
import { type PictureOf, pictureView } from "./PictureView.ts"
import { schema } from "./schema.ts"

export interface EditorOptions {
  readonly doc: Node
  readonly label: string
  readonly theme: "light" | "dark"
  /** Where markup of others is read. */
  readonly inside: Document
  readonly pictureOf: PictureOf
  readonly changed: (state: EditorState, isEdited: boolean) => void
  /** Files that are dropped or pasted; answers what the text shows of them by their Content-ID. */
  readonly files: (
    files: ReadonlyArray<File>
  ) => ReadonlyArray<{ readonly contentId: string; readonly alt: string }>
  readonly askLink: () => void
}

const darkGround = [23, 29, 39] as const

/**
 * What is pasted or dropped is read here and nowhere else: the library would make markup of text itself, which the page's
 * Trusted Types do not let it.
 */
export const openEditor = (place: HTMLElement, options: EditorOptions): EditorView => {
  const view = new EditorView(place, {
    state: EditorState.create({
      doc: options.doc,
      selection: Selection.atStart(options.doc),
      plugins: [
        history(),
        keymap({
          ...keys,
          "Mod-k": () => {
            options.askLink()
            return true
          }
        })
      ]
    }),
    attributes: {
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": options.label,
      class: "compose-editor"
    },
    nodeViews: { picture: pictureView(options.pictureOf) },
    markViews: {
      colour: (mark) => {
        const dom = document.createElement("span")
        dom.style.color = String(mark.attrs["colour"])
        const rgb = options.theme === "dark" ? readRgb(dom.style.color) : null
        if (rgb !== null) dom.style.color = `rgb(${lifted(rgb, darkGround).join(", ")})`
        return { dom }
      }
    },
    dispatchTransaction: (transaction) => {
      view.updateState(view.state.apply(transaction))
      options.changed(view.state, transaction.docChanged)
    },
    handleDOMEvents: {
      paste: (_, event) => {
        event.preventDefault()
        if (event.clipboardData !== null) put(view, event.clipboardData, options)
        return true
      },
      drop: (_, event) => {
        // Of the text itself: what is dragged is known, and nothing is read.
        if (view.dragging !== null) return false
        event.preventDefault()
        event.stopPropagation()
        const at = view.posAtCoords({ left: event.clientX, top: event.clientY })
        if (at !== null)
          view.dispatch(view.state.tr.setSelection(Selection.near(view.state.doc.resolve(at.pos))))
        if (event.dataTransfer !== null) put(view, event.dataTransfer, options)
        return true
      }
    }
  })
  return view
}

const put = (view: EditorView, data: DataTransfer, { inside, files }: EditorOptions): void => {
  const html = data.getData("text/html")
  const text = data.getData("text/plain")
  // A copied piece of a spreadsheet is a picture, too: its text is meant.
  if (data.files.length > 0 && text === "") showFiles(view, files([...data.files]))
  else if (html !== "") view.dispatch(view.state.tr.replaceSelection(pieceOf(html, inside)).scrollIntoView())
  else if (text !== "") view.pasteText(text)
}

const showFiles = (
  view: EditorView,
  pictures: ReadonlyArray<{ readonly contentId: string; readonly alt: string }>
): void => {
  const { tr } = view.state
  for (const { contentId, alt } of pictures)
    tr.replaceSelectionWith(schema.node("picture", { src: `cid:${contentId}`, alt }))
  if (pictures.length > 0) view.dispatch(tr.scrollIntoView())
}
