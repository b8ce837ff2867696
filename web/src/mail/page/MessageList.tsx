import { useVirtualizer } from "@tanstack/react-virtual"
import { type KeyboardEvent, type MouseEvent, useEffect, useLayoutEffect, useRef } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { usePreferences } from "../preferences.ts"
import { listKey } from "../store/MailState.ts"
import type { Line } from "./conversations.ts"
import { folderName } from "./folderName.ts"
import { ListBar } from "./ListBar.tsx"
import { indexAfter } from "./listKeys.ts"
import { MessageRow } from "./MessageRow.tsx"
import { rowAt } from "./rowAt.ts"
import { cursorAt, nothing, pressedOn, stretched, toggled } from "./selection.ts"
import { usePage } from "./usePage.ts"
import { useStillScroll } from "./useStillScroll.ts"
import "./messageList.css"

/** Pixels, as messageList.css has them. */
const rowHeights = { comfortable: 76, cozy: 54, compact: 36 } as const
/** Lines beside what is seen that are drawn already. */
const ahead = 12

/** The folder's messages, newest first (ARIA: grid, one row has the keyboard). Only what is seen is drawn. */
export const MessageList = () => {
  const words = useWords()
  const mail = useMail()
  const page = usePage()
  const { density } = usePreferences()
  const rowHeight = rowHeights[density]
  const { list, lines, selection } = page
  const { windows, folders } = useStore(mail.state)
  const isCurrent = useStore(mail.isCurrent)
  const window = list === null ? undefined : windows.get(listKey(list))
  const folder = list === null ? undefined : folders.get(list.folderId)
  const scroller = useRef<HTMLDivElement>(null)
  const above = window?.above ?? 0
  const count = above + lines.length + (window?.below ?? 0)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => lines[index - above]?.key ?? index,
    overscan: ahead
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew
  useLayoutEffect(() => virtual.measure(), [virtual, rowHeight])
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0

  useEffect(() => {
    if (list !== null && window !== undefined)
      mail.look(list, { first: rowAt(first, window, lines), last: rowAt(last, window, lines) })
  }, [mail, list, window, lines, first, last])

  useStillScroll(scroller, { lines, above, rowHeight })

  const cursor = lines.findIndex(({ key }) => key === selection.cursor)
  // biome-ignore lint/correctness/useExhaustiveDependencies: where the cursor goes is brought into view, what comes above it is not
  useEffect(() => {
    if (selection.cursor === null) return
    const at = lines.findIndex(({ key }) => key === selection.cursor)
    if (at >= 0) virtual.scrollToIndex(above + at, { align: "auto" })
  }, [virtual, selection.cursor])

  const keys = () => lines.map(({ key }) => key)
  const open = (line: Line) => page.open(line.newest.id)

  const goTo = (index: number, event: KeyboardEvent) => {
    const line = lines[index]
    if (line === undefined) return
    page.select(event.shiftKey ? stretched(selection, keys(), line.key) : cursorAt(selection, line.key))
  }

  const perPage = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1)

  const pressed = (event: KeyboardEvent) => {
    const to = indexAfter(event.key, { at: cursor, last: lines.length - 1, perPage: perPage() })
    const line = lines[cursor]
    const next = pressedOn(selection, keys(), { key: event.key, isCtrl: event.ctrlKey || event.metaKey })
    if (to !== undefined) goTo(to, event)
    else if (next !== undefined) page.select(next)
    else if (event.key === "Enter" && line !== undefined) open(line)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const clicked = (line: Line, event: MouseEvent) => {
    if (event.shiftKey) page.select(stretched(selection, keys(), line.key))
    else if (event.ctrlKey || event.metaKey) page.select(toggled(selection, line.key))
    else {
      page.select(cursorAt(nothing, line.key))
      open(line)
    }
  }

  const isEmpty = window !== undefined && count === 0
  return (
    <section
      className="mail__list"
      data-density={density}
      aria-label={folder === undefined ? words.say("mail.list") : folderName(words, folder)}
    >
      <ListBar folder={folder} isCurrent={isCurrent} />
      <div
        ref={scroller}
        className="mail__scroller"
        role="grid"
        tabIndex={0}
        aria-label={words.say("mail.list")}
        aria-multiselectable="true"
        aria-rowcount={count}
        aria-activedescendant={cursor < 0 ? undefined : `line-${selection.cursor}`}
        onKeyDown={pressed}
        onFocus={({ currentTarget, target }) => {
          // By keys: a click says itself which line it means.
          if (target !== currentTarget || !currentTarget.matches(":focus-visible")) return
          const first = lines[0]
          if (cursor < 0 && first !== undefined) page.select(cursorAt(selection, first.key))
        }}
      >
        <div role="presentation" style={{ blockSize: virtual.getTotalSize(), position: "relative" }}>
          {items.map(({ index, start }) => {
            const line = lines[index - above]
            return line === undefined ? (
              <div
                key={index}
                className="mail__row mail__row--coming"
                style={{ transform: `translateY(${start}px)` }}
              />
            ) : (
              <MessageRow
                key={line.key}
                line={line}
                index={index}
                start={start}
                isChosen={selection.chosen.has(line.key)}
                isCursor={line.key === selection.cursor}
                isOpen={line.messages.some(({ id }) => id === page.messageId)}
                onClick={clicked}
              />
            )
          })}
        </div>
      </div>
      {isEmpty && <p className="mail__empty">{words.say("mail.empty")}</p>}
      {window === undefined && list !== null && <p className="mail__empty">{words.say("shell.loading")}</p>}
    </section>
  )
}
