import {
  Button,
  Menu,
  MenuItem,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger
} from "@fluentui/react-components"
import { ArrowDownloadRegular } from "@fluentui/react-icons/svg/arrow-download"
import { CodeRegular } from "@fluentui/react-icons/svg/code"
import { MoreHorizontalRegular } from "@fluentui/react-icons/svg/more-horizontal"
import { PrintRegular } from "@fluentui/react-icons/svg/print"
import type { Address } from "../../../../src/domain/Content.ts"
import type { OpenMessage } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../i18n/makeWords.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { messageAddress, sourceAddress } from "../attachments/addresses.ts"
import type { MessageBodyProps } from "./MessageBody.tsx"
import { printMessage } from "./printMessage.ts"

interface Props extends Pick<MessageBodyProps, "content" | "inlinePart" | "showsRemote"> {
  readonly message: OpenMessage
}

/** What one does with a message as a whole: prints it, keeps it as a file, looks at how it came. */
export const MessageMenu = ({ message, content, inlinePart, showsRemote }: Props) => {
  const words = useWords()
  const { id, subject } = message.message
  const print = () =>
    printMessage({
      subject,
      fields: fieldsOf(words, message),
      content,
      language: words.language,
      inlinePart,
      showsRemote
    })
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          appearance="subtle"
          size="small"
          icon={<MoreHorizontalRegular />}
          aria-label={words.say("body.menu")}
          title={words.say("body.menu")}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<PrintRegular />} onClick={() => void print()}>
            {words.say("body.menu.print")}
          </MenuItem>
          <MenuItemLink icon={<ArrowDownloadRegular />} href={messageAddress(id)} download>
            {words.say("body.menu.file")}
          </MenuItemLink>
          <MenuItemLink
            icon={<CodeRegular />}
            href={sourceAddress(id)}
            target="_blank"
            rel="noopener noreferrer"
          >
            {words.say("body.menu.source")}
          </MenuItemLink>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

const fieldsOf = (words: Words, { message, cc, date }: OpenMessage) =>
  [
    [words.say("body.print.from"), peopleOf(message.from)],
    [words.say("body.print.to"), peopleOf(message.to)],
    [words.say("body.print.cc"), peopleOf(cc)],
    [words.say("body.print.date"), words.dateAndTime(date ?? message.receivedAt)]
  ].flatMap(([name = "", value = ""]) => (value === "" ? [] : [[name, value] as const]))

const peopleOf = (people: ReadonlyArray<Address>): string =>
  people.map(({ name, address }) => (name === "" ? address : `${name} <${address}>`)).join(", ")
