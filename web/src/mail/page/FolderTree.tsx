import { ChevronDownRegular } from "@fluentui/react-icons/svg/chevron-down"
import { ChevronRightRegular } from "@fluentui/react-icons/svg/chevron-right"
import { type KeyboardEvent, useMemo, useRef, useState } from "react"
import type { FolderId } from "../../../../src/domain/ids.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { draggedIds, messagesType } from "./dragging.ts"
import { folderName } from "./folderName.ts"
import { type Branch, branchesOf } from "./folderTree.ts"
import { roleIcons } from "./roleIcons.tsx"
import { logicalKey, treeStep } from "./treeKeys.ts"
import { useDo } from "./useDo.ts"
import { usePage } from "./usePage.ts"

/** All folders, as a tree (ARIA: tree view): arrow keys walk, open and fold; messages can be dropped. */
export const FolderTree = () => {
  const words = useWords()
  const { folders } = useStore(useMail().state)
  const { folderId, openFolder } = usePage()
  const [folded, setFolded] = useState<ReadonlySet<FolderId>>(new Set())
  const tree = useRef<HTMLDivElement>(null)
  const branches = useMemo(
    () => branchesOf(folders, (id) => folded.has(id), words.language),
    [folders, folded, words.language]
  )
  const at = branches.findIndex(({ folder }) => folder.id === folderId)

  const fold = (id: FolderId, isFolded: boolean) => {
    const next = new Set(folded)
    if (isFolded) next.add(id)
    else next.delete(id)
    setFolded(next)
  }

  const focusAt = (index: number) =>
    tree.current?.querySelectorAll<HTMLElement>("[role=treeitem]")[index]?.focus()

  const pressed = (event: KeyboardEvent, index: number, branch: Branch) => {
    const step = treeStep(logicalKey(event.key, words.direction), {
      branches,
      index,
      isFolded: folded.has(branch.folder.id)
    })
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    if (step._tag === "Open") openFolder(branch.folder.id)
    else if (step._tag === "Focus") focusAt(step.index)
    else fold(branch.folder.id, step._tag === "Fold")
  }

  return (
    <nav className="mail__folders" aria-label={words.say("mail.folders")}>
      <div ref={tree} role="tree" aria-label={words.say("mail.folders")}>
        {branches.map((branch, index) => (
          <FolderItem
            key={branch.folder.id}
            branch={branch}
            isShown={branch.folder.id === folderId}
            isStop={index === Math.max(at, 0)}
            isFolded={folded.has(branch.folder.id)}
            onFold={() => fold(branch.folder.id, !folded.has(branch.folder.id))}
            onKeyDown={(event) => pressed(event, index, branch)}
          />
        ))}
      </div>
    </nav>
  )
}

interface ItemProps {
  readonly branch: Branch
  readonly isShown: boolean
  /** The one that Tab comes to. */
  readonly isStop: boolean
  readonly isFolded: boolean
  readonly onFold: () => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

const FolderItem = ({ branch, isShown, isStop, isFolded, onFold, onKeyDown }: ItemProps) => {
  const words = useWords()
  const { moveTo } = useDo()
  const { openFolder } = usePage()
  const [isOver, setOver] = useState(false)
  const { folder, level, hasChildren } = branch
  const Icon = roleIcons[folder.role]
  const name = folderName(words, folder)
  const count = folder.role === "drafts" ? folder.total : folder.unread
  const Chevron = isFolded ? ChevronRightRegular : ChevronDownRegular
  return (
    <div
      role="treeitem"
      className="mail__folder"
      style={{ paddingInlineStart: `${level - 1}rem` }}
      tabIndex={isStop ? 0 : -1}
      aria-level={level}
      aria-selected={isShown}
      aria-expanded={hasChildren ? !isFolded : undefined}
      data-drop={isOver}
      data-unread={folder.unread > 0}
      onKeyDown={onKeyDown}
      onClick={() => openFolder(folder.id)}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(messagesType)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false)
        const ids = draggedIds(event.dataTransfer)
        if (ids.length > 0) moveTo(folder.id, ids)
      }}
    >
      <span
        className="mail__chevron"
        aria-hidden="true"
        onClick={(event) => {
          if (!hasChildren) return
          event.stopPropagation()
          onFold()
        }}
      >
        {hasChildren && <Chevron />}
      </span>
      <Icon aria-hidden="true" />
      <span className="mail__folder-name">{name}</span>
      <span className="only-spoken">
        {words.say(folder.role === "drafts" ? "mail.folderDrafts" : "mail.folderUnread", { count })}
      </span>
      {count > 0 && (
        <span className="mail__folder-count" aria-hidden="true">
          {words.number(count)}
        </span>
      )}
    </div>
  )
}
