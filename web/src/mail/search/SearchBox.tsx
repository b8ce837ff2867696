import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import { SearchRegular } from "@fluentui/react-icons/svg/search"
import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { folderName } from "../page/folderName.ts"
import type { SearchStore } from "./SearchStore.ts"
import { Suggestions } from "./Suggestions.tsx"
import { type Suggestion, searchName, suggestionsFor, taken } from "./suggestions.ts"
import "./search.css"

/** What the server takes of a search. */
const maxLength = 1_000

/** Where a search is typed (ARIA: combobox with a list of what it may go on with). Escape takes it away. */
export const SearchBox = ({ search }: { readonly search: SearchStore }) => {
  const words = useWords()
  const mail = useMail()
  const text = useStore(search.text)
  const [caret, setCaret] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const listId = useId()

  const suggestions = isOpen ? suggestionsOf(text, caret) : []
  const isListed = suggestions.length > 0

  function suggestionsOf(typed: string, at: number): ReadonlyArray<Suggestion> {
    const { folders, messages } = mail.state.get()
    const named = [...folders.values()].map((folder) => ({
      name: searchName(folder),
      label: folderName(words, folder)
    }))
    return suggestionsFor(typed, at, { folders: named, messages: messages.values() })
  }

  const close = () => {
    setOpen(false)
    setActive(-1)
  }

  const take = (suggestion: Suggestion) => {
    const next = taken(text, caret, suggestion)
    search.text.set(next.text)
    setCaret(next.caret)
    setActive(-1)
    // Once the field has the text.
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret))
  }

  const typed = (value: string) => {
    search.text.set(value)
    setCaret(input.current?.selectionStart ?? value.length)
    setActive(-1)
    setOpen(true)
  }

  const step = (by: 1 | -1) => {
    const count = suggestions.length
    if (count === 0) setOpen(true)
    else setActive(active < 0 ? (by > 0 ? 0 : count - 1) : (active + by + count) % count)
  }

  const leave = () => {
    if (isListed) close()
    else search.clear()
  }

  const pressed = (event: KeyboardEvent) => {
    const chosen = suggestions[active]
    if (event.key === "ArrowDown") step(1)
    else if (event.key === "ArrowUp") step(-1)
    else if (event.key === "Escape") leave()
    else if (event.key === "Enter" && chosen !== undefined) take(chosen)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const submit = (event: FormEvent) => {
    event.preventDefault()
    close()
    search.search(text, search.state.get()?.sought.folderId ?? null)
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a form, so that phones offer to search; no element is both
    <form className="search" role="search" onSubmit={submit}>
      <SearchRegular className="search__icon" aria-hidden="true" />
      <input
        ref={input}
        className="search__input"
        type="text"
        role="combobox"
        aria-label={words.say("search.label")}
        aria-expanded={isListed}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={active < 0 ? undefined : `${listId}-${active}`}
        placeholder={words.say("search.label")}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={maxLength}
        value={text}
        onChange={({ target }) => typed(target.value)}
        onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart ?? 0)}
        onKeyDown={pressed}
        onBlur={close}
      />
      {text !== "" && (
        <button
          type="button"
          className="search__clear"
          aria-label={words.say("search.clear")}
          title={words.say("search.clear")}
          onClick={() => {
            search.clear()
            input.current?.focus()
          }}
        >
          <DismissRegular />
        </button>
      )}
      <Suggestions id={listId} suggestions={suggestions} active={active} onTake={take} />
    </form>
  )
}
