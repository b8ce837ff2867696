import { useWords } from "../../i18n/WordsProvider.tsx"
import type { Suggestion } from "./suggestions.ts"

interface Props {
  readonly id: string
  readonly suggestions: ReadonlyArray<Suggestion>
  /** The one that the keyboard is on; -1 = none. */
  readonly active: number
  readonly onTake: (suggestion: Suggestion) => void
}

/** What a search may go on with. It is there also while it is empty: the field names it. */
export const Suggestions = ({ id, suggestions, active, onTake }: Props) => {
  const words = useWords()
  return (
    <div
      id={id}
      className="search__suggestions"
      role="listbox"
      aria-label={words.say("search.suggestions")}
      hidden={suggestions.length === 0}
    >
      {suggestions.map((suggestion, at) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard, and says which of them it is on
        <div
          key={suggestion.text}
          id={`${id}-${at}`}
          className="search__suggestion"
          role="option"
          tabIndex={-1}
          aria-selected={at === active}
          // The field keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(suggestion)}
        >
          <code>{suggestion.text.trim()}</code>
          <span>
            {suggestion.value === null ? words.say(`search.op.${suggestion.operator}`) : suggestion.label}
          </span>
        </div>
      ))}
    </div>
  )
}
