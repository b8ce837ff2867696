import {
  Toolbar as Bar,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  ToolbarButton
} from "@fluentui/react-components"
import { ArrowRedoRegular } from "@fluentui/react-icons/svg/arrow-redo"
import { ArrowUndoRegular } from "@fluentui/react-icons/svg/arrow-undo"
import { ClearFormattingRegular } from "@fluentui/react-icons/svg/clear-formatting"
import { LinkRegular } from "@fluentui/react-icons/svg/link"
import { TextBoldRegular } from "@fluentui/react-icons/svg/text-bold"
import { TextBulletListRegular } from "@fluentui/react-icons/svg/text-bullet-list"
import { TextColorRegular } from "@fluentui/react-icons/svg/text-color"
import { TextItalicRegular } from "@fluentui/react-icons/svg/text-italic"
import { TextNumberListLtrRegular } from "@fluentui/react-icons/svg/text-number-list-ltr"
import { TextQuoteRegular } from "@fluentui/react-icons/svg/text-quote"
import { TextUnderlineRegular } from "@fluentui/react-icons/svg/text-underline"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import type { Deed } from "./commands.ts"

const buttons = [
  ["bold", TextBoldRegular, "Ctrl+B"],
  ["italic", TextItalicRegular, "Ctrl+I"],
  ["underline", TextUnderlineRegular, "Ctrl+U"],
  ["bullets", TextBulletListRegular, "Ctrl+Shift+8"],
  ["numbers", TextNumberListLtrRegular, "Ctrl+Shift+7"],
  ["quote", TextQuoteRegular, "Ctrl+Shift+9"],
  ["clear", ClearFormattingRegular, "Ctrl+\\"],
  ["undo", ArrowUndoRegular, "Ctrl+Z"],
  ["redo", ArrowRedoRegular, "Ctrl+Y"]
] as const

/** Readable on white (4.5 : 1); in the dark theme they are lifted. */
const colours = [
  ["none", null],
  ["red", "#b3261e"],
  ["orange", "#9a4a00"],
  ["green", "#1b6e2d"],
  ["blue", "#0b57a4"],
  ["purple", "#7b2fa0"],
  ["grey", "#5f6368"]
] as const

const toggles: ReadonlyArray<Deed> = ["bold", "italic", "underline", "bullets", "numbers", "quote"]

interface Props {
  readonly active: ReadonlySet<Deed>
  readonly onDeed: (deed: Deed) => void
  readonly onColour: (value: string | null) => void
  readonly onLink: () => void
}

export const Toolbar = ({ active, onDeed, onColour, onLink }: Props) => {
  const words = useWords()
  return (
    <Bar className="compose__tools" size="small" aria-label={words.say("compose.format")}>
      {buttons.map(([deed, Icon, keys]) => (
        <ToolbarButton
          key={deed}
          icon={<Icon />}
          aria-label={words.say(`compose.${deed}`)}
          title={`${words.say(`compose.${deed}`)} (${keys})`}
          {...(toggles.includes(deed) && { "aria-pressed": active.has(deed) })}
          onClick={() => onDeed(deed)}
        />
      ))}
      <ToolbarButton
        icon={<LinkRegular />}
        aria-label={words.say("compose.link")}
        title={`${words.say("compose.link")} (Ctrl+K)`}
        onClick={onLink}
      />
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <ToolbarButton
            icon={<TextColorRegular />}
            aria-label={words.say("compose.colour")}
            title={words.say("compose.colour")}
          />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {colours.map(([name, value]) => (
              <MenuItem key={name} onClick={() => onColour(value)}>
                <span className="compose__colour" style={value === null ? {} : { background: value }} />
                {words.say(`compose.colour.${name}`)}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
    </Bar>
  )
}
