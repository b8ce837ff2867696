import { lazy, Suspense, useEffect, useEffectEvent, useRef, useState } from "react"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useStore } from "../../shell/store.ts"
import { openCompose } from "../compose/composes.ts"
import { useMail } from "../MailContext.ts"
import { folderOfRole } from "../store/MailState.ts"
import { isDeed } from "./deeds.ts"
import { deedOf, type KeyDeed } from "./keys.ts"
import { cursorAt, toggled } from "./selection.ts"
import { useDo } from "./useDo.ts"
import { usePage } from "./usePage.ts"

const KeysHelp = lazy(() => import("./KeysHelp.tsx").then((module) => ({ default: module.KeysHelp })))

/** As long as one thinks between two keys. */
const patience = 1_500

/** Where keys are letters, or belong to what is open above the page; in the tree of folders Delete would mean a folder. */
const isElsewhere = ({ target, key }: globalThis.KeyboardEvent): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest(
      "input:not([type=checkbox]), textarea, select, [role=dialog], [role=menu], [role=listbox]"
    ) !== null ||
    (key.length > 1 && target.closest("[role=tree]") !== null))

/** A key that is held down is one wish, unless it walks. */
const walks = (meant: KeyDeed | "waits"): boolean => meant === "next" || meant === "previous"

/** Keys for everything, heard by the whole page. */
export const KeyMap = () => {
  const page = usePage()
  const { folders, messages } = useStore(useMail().state)
  const { deed } = useDo()
  const [isHelp, setHelp] = useState(false)
  const before = useRef<{ readonly key: string; readonly at: number } | null>(null)

  const step = (by: number) => {
    const { lines, selection, messageId } = page
    const at =
      messageId === null
        ? lines.findIndex(({ key }) => key === selection.cursor)
        : lines.findIndex(({ messages }) => messages.some(({ id }) => id === messageId))
    const line = lines[Math.min(Math.max(at + by, 0), lines.length - 1)]
    if (line === undefined) return
    page.select(cursorAt(selection, line.key))
    if (messageId !== null) page.open(line.newest.id)
  }

  const go = (role: FolderRow["role"]) => {
    const folder = folderOfRole(folders, role)
    if (folder !== undefined) page.openFolder(folder.id)
  }

  const answer = (kind: "reply" | "replyAll" | "forward") => {
    const [messageId] = page.target()
    if (messageId !== undefined) openCompose({ kind, messageId })
  }

  const cursor = page.lines.find(({ key }) => key === page.selection.cursor)

  const flagOrNot = () => {
    const ids = page.target()
    deed(ids.some((id) => messages.get(id)?.flags.includes("\\Flagged") !== true) ? "flag" : "unflag")
  }

  const others: Readonly<Partial<Record<KeyDeed, () => void>>> = {
    next: () => step(1),
    previous: () => step(-1),
    open: () => cursor !== undefined && page.open(cursor.newest.id),
    back: () => page.open(null),
    choose: () => cursor !== undefined && page.select(toggled(page.selection, cursor.key)),
    flag: flagOrNot,
    undo: page.undoLast,
    search: () => document.querySelector<HTMLElement>("[role=search] input")?.focus(),
    help: () => setHelp(true),
    compose: () => openCompose({ kind: "new" }),
    reply: () => answer("reply"),
    replyAll: () => answer("replyAll"),
    forward: () => answer("forward"),
    goInbox: () => go("inbox"),
    goDrafts: () => go("drafts"),
    goSent: () => go("sent"),
    goArchive: () => go("archive"),
    goDeleted: () => go("deleted")
  }

  const does = (meant: KeyDeed): void => {
    const other = others[meant]
    if (other !== undefined) other()
    else if (isDeed(meant)) deed(meant)
  }

  const pressed = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || isElsewhere(event)) return
    const { key, timeStamp } = event
    const last = before.current
    before.current = null
    const meant = deedOf(
      { key, isCtrl: event.ctrlKey || event.metaKey },
      last !== null && timeStamp - last.at < patience ? last.key : null
    )
    if (meant === undefined) return
    event.preventDefault()
    if (event.repeat && !walks(meant)) return
    if (meant === "waits") before.current = { key, at: timeStamp }
    else does(meant)
  })

  useEffect(() => {
    document.addEventListener("keydown", pressed)
    return () => document.removeEventListener("keydown", pressed)
  }, [])

  return <Suspense fallback={null}>{isHelp && <KeysHelp onClose={() => setHelp(false)} />}</Suspense>
}
