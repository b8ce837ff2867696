import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { folderName } from "../page/folderName.ts"
import { piecesOf, toggled, without } from "./pieces.ts"
import type { SearchStore, Sought } from "./SearchStore.ts"

/** Switched on and off by a press. */
const switches = ["is:unread", "is:flagged", "has:attachment"] as const

const isSwitch = (text: string): boolean => switches.some((one) => one === text.toLowerCase())

interface Props {
  readonly search: SearchStore
  readonly sought: Sought
  /** The folder that is shown; null where none is. */
  readonly folder: FolderRow | null
}

/** Where is looked, and what stands in the search before a colon: each can be taken out again. */
export const SearchChips = ({ search, sought: { query, folderId }, folder }: Props) => {
  const words = useWords()
  const pieces = piecesOf(query)
  const others = pieces.filter(({ operator, text }) => operator !== null && !isSwitch(text))
  const ask = (text: string) => search.search(text, folderId)
  return (
    <fieldset className="search__chips" aria-label={words.say("search.narrow")}>
      <Chip
        isOn={folderId === null}
        label={words.say("search.everywhere")}
        onPress={() => search.search(query, null)}
      />
      {folder !== null && (
        <Chip
          isOn={folderId === folder.id}
          label={words.say("search.inFolder", { folder: folderName(words, folder) })}
          onPress={() => search.search(query, folder.id)}
        />
      )}
      {switches.map((one) => (
        <Chip
          key={one}
          isOn={pieces.some(({ text }) => text.toLowerCase() === one)}
          label={words.say(`search.switch.${one}`)}
          onPress={() => ask(toggled(query, one))}
        />
      ))}
      {others.map((piece) => (
        <button
          key={piece.start}
          type="button"
          className="search__chip"
          data-on="true"
          aria-label={words.say("search.without", { piece: piece.text })}
          onClick={() => ask(without(query, piece))}
        >
          <code>{piece.text}</code>
          <DismissRegular aria-hidden="true" />
        </button>
      ))}
    </fieldset>
  )
}

interface ChipProps {
  readonly isOn: boolean
  readonly label: string
  readonly onPress: () => void
}

const Chip = ({ isOn, label, onPress }: ChipProps) => (
  <button type="button" className="search__chip" data-on={isOn} aria-pressed={isOn} onClick={onPress}>
    {label}
  </button>
)
