import type { EditorView } from "prosemirror-view"
import { useEffect, useEffectEvent, useRef, useState } from "react"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { useTheme } from "../../../shell/theme.ts"
import type { Written } from "../session/Desk.ts"
import { pictureOf } from "../session/pictureOf.ts"
import { activeDeeds, colour, type Deed, deeds, link } from "./commands.ts"
import { LinkDialog } from "./LinkDialog.tsx"
import { bodyOf, documentOf } from "./markup.ts"
import { openEditor } from "./openEditor.ts"
import { Toolbar } from "./Toolbar.tsx"
import "./editor.css"

interface Props {
  readonly written: Written
  readonly hasFocus: boolean
  /** Files that are no pictures. */
  readonly onFiles: (files: ReadonlyArray<File>) => void
}

/** Text with formatting. The editor has it; the session asks for it. */
export const RichEditor = ({ written, hasFocus, onFiles }: Props) => {
  const { session, attaching, inside } = written
  const words = useWords()
  const { name: theme } = useTheme()
  const place = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<EditorView>()
  const [active, setActive] = useState<ReadonlySet<Deed>>(new Set())
  const [isLinking, setLinking] = useState(false)
  const label = words.say("compose.message")

  const files = useEffectEvent((all: ReadonlyArray<File>) => {
    const isPicture = ({ type }: File) => /^image\/(png|jpeg|gif|webp)$/.test(type)
    const others = all.filter((file) => !isPicture(file))
    if (others.length > 0) onFiles(others)
    return all
      .filter(isPicture)
      .map((file) => ({ contentId: attaching.addPicture(file, file.name || "picture.png"), alt: file.name }))
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: another focus makes no other editor
  useEffect(() => {
    const at = place.current
    if (at === null) return
    const { body } = session.current()
    const opened = openEditor(at, {
      doc: documentOf(body._tag === "Html" ? body.html : "", inside),
      label,
      theme,
      inside,
      pictureOf: pictureOf({ session, attaching }),
      files,
      changed: (state, isEdited) => {
        setActive(activeDeeds(state))
        if (isEdited) session.bodyTouched()
      },
      askLink: () => setLinking(true)
    })
    session.bodyIn(() => bodyOf(opened.state.doc))
    setView(opened)
    if (hasFocus) opened.focus()
    return () => {
      session.bodyIn(null)
      opened.destroy()
    }
  }, [session, attaching, inside, label, theme])

  const run = (deed: Deed) => {
    if (view === undefined) return
    deeds[deed](view.state, view.dispatch)
    view.focus()
  }
  const paint = (value: string | null) => {
    if (view === undefined) return
    colour(value)(view.state, view.dispatch)
    view.focus()
  }
  const setLink = (href: string | null, text: string) => {
    setLinking(false)
    if (view === undefined) return
    link(href, text)(view.state, view.dispatch)
    view.focus()
  }
  const selected =
    view === undefined ? "" : view.state.doc.textBetween(view.state.selection.from, view.state.selection.to)

  return (
    <>
      <Toolbar active={active} onDeed={run} onColour={paint} onLink={() => setLinking(true)} />
      <div ref={place} className="compose-editor__place" />
      {isLinking && <LinkDialog text={selected} onSet={setLink} onCancel={() => setLinking(false)} />}
    </>
  )
}
