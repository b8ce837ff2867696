import {
  Button,
  Menu,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Toolbar,
  ToolbarButton
} from "@fluentui/react-components"
import { ArchiveRegular } from "@fluentui/react-icons/svg/archive"
import { DeleteRegular } from "@fluentui/react-icons/svg/delete"
import { FilterRegular } from "@fluentui/react-icons/svg/filter"
import { FlagRegular } from "@fluentui/react-icons/svg/flag"
import { FolderProhibitedRegular } from "@fluentui/react-icons/svg/folder-prohibited"
import { MailReadRegular } from "@fluentui/react-icons/svg/mail-read"
import { MailUnreadRegular } from "@fluentui/react-icons/svg/mail-unread"
import { MoreHorizontalRegular } from "@fluentui/react-icons/svg/more-horizontal"
import { listFilters } from "../../../../src/domain/MessageList.ts"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import type { Deed } from "./deeds.ts"
import { folderName } from "./folderName.ts"
import { MoveMenu } from "./MoveMenu.tsx"
import { all } from "./selection.ts"
import { useDo } from "./useDo.ts"
import { usePage } from "./usePage.ts"

const bulk = [
  ["archive", ArchiveRegular],
  ["remove", DeleteRegular],
  ["junk", FolderProhibitedRegular],
  ["markRead", MailReadRegular],
  ["markUnread", MailUnreadRegular],
  ["flag", FlagRegular]
] as const satisfies ReadonlyArray<readonly [Deed, unknown]>

interface Props {
  readonly folder: FolderRow | undefined
  /** False while the list is older than the server's. */
  readonly isCurrent: boolean
}

/** Above the list: where one is, or what can be done with what is chosen. */
export const ListBar = ({ folder, isCurrent }: Props) => {
  const words = useWords()
  const page = usePage()
  const { deed } = useDo()
  const { selection, lines } = page
  const count = selection.chosen.size
  if (count > 0)
    return (
      <div className="mail__list-bar">
        <span className="mail__chosen" role="status">
          {words.say("mail.chosen", { count })}
        </span>
        <Toolbar size="small" aria-label={words.say("mail.withChosen")}>
          {bulk.map(([name, Icon]) => {
            const label = words.say(`mail.do.${name}`)
            return (
              <ToolbarButton
                key={name}
                icon={<Icon />}
                aria-label={label}
                title={label}
                onClick={() => deed(name)}
              />
            )
          })}
          <MoveMenu />
        </Toolbar>
      </div>
    )
  return (
    <div className="mail__list-bar">
      <h2 className="mail__title" data-current={isCurrent}>
        {folder === undefined ? words.say("shell.loading") : folderName(words, folder)}
      </h2>
      {folder !== undefined && (
        <span className="mail__totals">
          {words.say("mail.totals", { total: folder.total, unread: folder.unread })}
        </span>
      )}
      <FilterMenu />
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={words.say("mail.more")} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem
              onClick={() =>
                page.select(
                  all(
                    selection,
                    lines.map(({ key }) => key)
                  )
                )
              }
            >
              {words.say("mail.chooseAll")}
            </MenuItem>
            <MenuItem
              disabled={folder === undefined || folder.unread === 0}
              onClick={() => {
                if (folder !== undefined)
                  page.report(words.say("mail.done.allRead"), page.actions.markAllRead(folder.id))
              }}
            >
              {words.say("mail.markAllRead")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </div>
  )
}

const FilterMenu = () => {
  const words = useWords()
  const { list, setFilter } = usePage()
  const filter = list?.filter ?? "all"
  const label = words.say("mail.filter", { filter: words.say(`mail.filter.${filter}`) })
  return (
    <Menu
      checkedValues={{ filter: [filter] }}
      onCheckedValueChange={(_, { checkedItems: [chosen] }) => {
        const wished = listFilters.find((one) => one === chosen)
        if (wished !== undefined) setFilter(wished)
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button
          appearance={filter === "all" ? "subtle" : "primary"}
          size="small"
          icon={<FilterRegular />}
          aria-label={label}
          title={label}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {listFilters.map((one) => (
            <MenuItemRadio key={one} name="filter" value={one}>
              {words.say(`mail.filter.${one}`)}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
