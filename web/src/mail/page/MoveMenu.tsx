import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components"
import { FolderArrowRightRegular } from "@fluentui/react-icons/svg/folder-arrow-right"
import type { MessageId } from "../../../../src/domain/ids.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { folderName } from "./folderName.ts"
import { branchesOf } from "./folderTree.ts"
import { useDo } from "./useDo.ts"
import { usePage } from "./usePage.ts"

/** Folders to move to; typing goes to a name. */
export const MoveMenu = ({ ids }: { readonly ids?: ReadonlyArray<MessageId> }) => {
  const words = useWords()
  const { folders } = useStore(useMail().state)
  const { folderId } = usePage()
  const { moveTo } = useDo()
  const label = words.say("mail.do.move")
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          appearance="subtle"
          size="small"
          icon={<FolderArrowRightRegular />}
          aria-label={label}
          title={label}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList className="mail__move-menu">
          {branchesOf(folders, () => false, words.language)
            .filter(({ folder }) => folder.id !== folderId && folder.role !== "outbox")
            .map(({ folder, level }) => (
              <MenuItem
                key={folder.id}
                style={{ paddingInlineStart: `${level * 0.75}rem` }}
                onClick={() => moveTo(folder.id, ids)}
              >
                {folderName(words, folder)}
              </MenuItem>
            ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
