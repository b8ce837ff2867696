import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState
} from "react"
import type { Correspondent } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import type { Server } from "../session/Server.ts"
import { isAddress, readAddresses, writeAddress } from "../words/addresses.ts"
import { useSuggestions } from "./useSuggestions.ts"

interface Props {
  readonly label: string
  readonly people: ReadonlyArray<Correspondent>
  readonly server: Server
  readonly hasFocus: boolean
  readonly onChange: (people: ReadonlyArray<Correspondent>) => void
  /** At the end of the line. */
  readonly children?: ReactNode
}

/** Recipients as chips, and a field with whom one may mean. */
export const RecipientsField = ({ label, people, server, hasFocus, onChange, children }: Props) => {
  const words = useWords()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState("")
  const found = useSuggestions(server, text, people)
  const [at, setAt] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const chosen = isOpen ? found[Math.min(at, found.length - 1)] : undefined

  useEffect(() => {
    if (hasFocus) input.current?.focus()
  }, [hasFocus])

  const add = (more: ReadonlyArray<Correspondent>) => {
    const known = new Set(people.map(({ address }) => address.toLowerCase()))
    const fresh = more.filter(({ address }) => !known.has(address.toLowerCase()))
    if (fresh.length > 0) onChange([...people, ...fresh])
    setText("")
    setOpen(false)
    setAt(0)
  }
  const remove = (index: number) => {
    onChange(people.filter((_, other) => other !== index))
    input.current?.focus()
  }
  /** Back into the field, to be corrected. */
  const edit = (index: number) => {
    const one = people[index]
    if (one === undefined) return
    onChange(people.filter((_, other) => other !== index))
    setText(writeAddress(one))
    input.current?.focus()
  }
  const pressed = (event: KeyboardEvent<HTMLInputElement>) => {
    const { key } = event
    if ((key === "ArrowDown" || key === "ArrowUp") && found.length > 0) {
      event.preventDefault()
      setOpen(true)
      setAt(isOpen ? (at + (key === "ArrowDown" ? 1 : found.length - 1)) % found.length : 0)
    } else if (key === "Escape" && isOpen) {
      event.stopPropagation()
      setOpen(false)
    } else if (
      (key === "Enter" && !event.ctrlKey && !event.metaKey) ||
      (key === "Tab" && chosen !== undefined)
    ) {
      if (chosen === undefined && text.trim() === "") return
      event.preventDefault()
      add(chosen === undefined ? readAddresses(text) : [chosen])
    } else if ((key === "," || key === ";") && isAddress(readAddresses(text)[0]?.address ?? "")) {
      event.preventDefault()
      add(readAddresses(text))
    } else if (key === "Backspace" && text === "" && people.length > 0) {
      event.preventDefault()
      edit(people.length - 1)
    }
  }
  const pasted = (event: ClipboardEvent<HTMLInputElement>) => {
    const read = readAddresses(event.clipboardData.getData("text/plain"))
    if (text !== "" || !read.some(({ address }) => isAddress(address))) return
    event.preventDefault()
    add(read)
  }

  const wrong = people.filter(({ address }) => !isAddress(address)).length
  return (
    <div className="compose__line">
      <label className="compose__label" htmlFor={`${id}-input`}>
        {label}
      </label>
      <div className="compose__people">
        <ul className="compose__chips" aria-label={label}>
          {people.map((one, index) => (
            <li key={one.address} className="compose__chip" data-invalid={!isAddress(one.address)}>
              <button type="button" title={writeAddress(one)} onClick={() => edit(index)}>
                {isAddress(one.address)
                  ? one.name || one.address
                  : words.say("compose.recipient.invalid", { text: writeAddress(one) })}
              </button>
              <button
                type="button"
                aria-label={words.say("compose.recipient.remove", { who: one.name || one.address })}
                onClick={() => remove(index)}
              >
                <DismissRegular />
              </button>
            </li>
          ))}
        </ul>
        <input
          ref={input}
          id={`${id}-input`}
          className="compose__input"
          type="text"
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          role="combobox"
          aria-expanded={isOpen && found.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          {...(chosen !== undefined && { "aria-activedescendant": `${id}-${found.indexOf(chosen)}` })}
          {...(wrong > 0 && { "aria-describedby": `${id}-wrong` })}
          value={text}
          onChange={({ target }) => {
            setText(target.value)
            setOpen(true)
            setAt(0)
          }}
          onKeyDown={pressed}
          onPaste={pasted}
          onBlur={() => text.trim() !== "" && add(readAddresses(text))}
        />
        <ul
          id={`${id}-list`}
          role="listbox"
          aria-label={label}
          className="compose__found"
          hidden={!isOpen || found.length === 0}
        >
          {found.map((one, index) => (
            <li
              key={one.address}
              id={`${id}-${index}`}
              role="option"
              aria-selected={one === chosen}
              onPointerDown={(event) => {
                event.preventDefault()
                add([one])
              }}
            >
              <strong>{one.name || one.address}</strong>
              {one.name !== "" && <span>{one.address}</span>}
            </li>
          ))}
        </ul>
        {wrong > 0 && (
          <p id={`${id}-wrong`} className="compose__wrong">
            {words.say("compose.recipient.fix", { count: wrong })}
          </p>
        )}
        <span className="only-spoken" role="status">
          {isOpen && text !== "" && words.say("compose.recipient.found", { count: found.length })}
        </span>
      </div>
      {children}
    </div>
  )
}
