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
  const stepped = (by: number) => {
    setOpen(true)
    setAt(isOpen ? (at + by + found.length) % found.length : 0)
  }
  const pressed = (event: KeyboardEvent<HTMLInputElement>) => {
    const meant = meantBy(event, {
      text,
      isOpen,
      hasFound: found.length > 0,
      hasChosen: chosen !== undefined
    })
    if (meant === null) return
    event.preventDefault()
    if (meant === "close") {
      event.stopPropagation()
      setOpen(false)
    } else if (meant === "next") stepped(1)
    else if (meant === "previous") stepped(-1)
    else if (meant === "back") edit(people.length - 1)
    else add(meant === "choose" && chosen !== undefined ? [chosen] : readAddresses(text))
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
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label={label}
          className="compose__found"
          hidden={!isOpen || found.length === 0}
        >
          {found.map((one, index) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names it (aria-activedescendant)
            <div
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
            </div>
          ))}
        </div>
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

interface Typing {
  readonly text: string
  readonly isOpen: boolean
  readonly hasFound: boolean
  readonly hasChosen: boolean
}

type Meant = "next" | "previous" | "close" | "choose" | "add" | "back" | null

/** What a key means in the field; null = what it always does. */
const meantBy = ({ key, ctrlKey, metaKey }: KeyboardEvent, typing: Typing): Meant => {
  const isSending = ctrlKey || metaKey
  const meant = typing.hasFound ? meantInList[key] : undefined
  if (meant !== undefined && (meant !== "close" || typing.isOpen)) return meant
  if (typing.hasChosen && !isSending && (key === "Enter" || key === "Tab")) return "choose"
  return meantInText(key, typing.text, isSending)
}

const meantInText = (key: string, text: string, isSending: boolean): Meant => {
  if (text.trim() === "") return key === "Backspace" && text === "" ? "back" : null
  if (key === "Enter") return isSending ? null : "add"
  // A name with a comma in it is not at its end yet.
  if (key === "," || key === ";") return isAddress(readAddresses(text)[0]?.address ?? "") ? "add" : null
  return null
}

const meantInList: Readonly<Record<string, Meant>> = {
  ArrowDown: "next",
  ArrowUp: "previous",
  Escape: "close"
}
