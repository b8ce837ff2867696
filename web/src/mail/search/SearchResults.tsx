import { type KeyboardEvent, useRef } from "react"
import type { MessageId } from "../../../../src/domain/ids.ts"
import type { FolderRow, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { HitRow } from "./HitRow.tsx"
import { SearchChips } from "./SearchChips.tsx"
import { rowsOf, type SearchState, type SearchStore } from "./SearchStore.ts"
import "./search.css"

interface Props {
  readonly search: SearchStore
  /** The folder that was shown before; null where none was. */
  readonly folder: FolderRow | null
  readonly openId: MessageId | null
  readonly onOpen: (message: MessageRow) => void
}

/** What was found, newest first, in the place of the folder's list; nothing where nobody looks for anything. */
export const SearchResults = ({ search, folder, openId, onOpen }: Props) => {
  const words = useWords()
  const { messages, folders } = useStore(useMail().state)
  const state = useStore(search.state)
  const list = useRef<HTMLUListElement>(null)
  if (state === null) return null
  const rows = rowsOf(state, messages)
  const first = rows.some(({ row }) => row.id === openId) ? openId : (rows[0]?.row.id ?? null)

  const pressed = (event: KeyboardEvent) => {
    const buttons: ReadonlyArray<Element> = [...(list.current?.querySelectorAll("button") ?? [])]
    const at = document.activeElement === null ? -1 : buttons.indexOf(document.activeElement)
    const to = indexAfter(event.key, at, buttons.length)
    if (to === null) return
    const next = buttons[to]
    if (next instanceof HTMLElement) next.focus()
    event.preventDefault()
    event.stopPropagation()
  }

  const scrolled = (element: HTMLElement) => {
    if (element.scrollTop + element.clientHeight > element.scrollHeight - 600) search.more()
  }

  return (
    <section className="search__results" aria-label={words.say("search.results")}>
      <h1 className="only-spoken">{words.say("search.results")}</h1>
      <SearchChips search={search} sought={state.sought} folder={folder} />
      <p className="search__status" role="status">
        {statusOf(state, rows.length, words.say)}
      </p>
      {!state.isComplete && <p className="search__note">{words.say("search.incomplete")}</p>}
      <ul
        ref={list}
        className="search__hits"
        onKeyDown={pressed}
        onScroll={({ currentTarget }) => scrolled(currentTarget)}
      >
        {rows.map(({ hit, row }) => (
          <li key={row.id}>
            <HitRow
              hit={hit}
              row={row}
              folder={folders.get(row.folderId)}
              isOpen={row.id === openId}
              isFirst={row.id === first}
              onOpen={onOpen}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

const indexAfter = (key: string, at: number, count: number): number | null => {
  if (count === 0) return null
  if (key === "ArrowDown") return Math.min(at + 1, count - 1)
  if (key === "ArrowUp") return Math.max(at - 1, 0)
  if (key === "Home") return 0
  return key === "End" ? count - 1 : null
}

const statusOf = (
  { status, after, hits }: SearchState,
  count: number,
  say: ReturnType<typeof useWords>["say"]
): string => {
  if (status === "misread") return say("search.misread")
  if (status === "away") return say("search.away")
  if (status === "asking" && hits.length === 0) return say("search.asking")
  return say("search.found", { count, more: after === null ? "no" : "yes" })
}
