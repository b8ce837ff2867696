import { Button, MenuDivider, MenuItem, MenuItemLink } from "@fluentui/react-components"
import { ComposeRegular } from "@fluentui/react-icons/svg/compose"
import { NavigationRegular } from "@fluentui/react-icons/svg/navigation"
import { OptionsRegular } from "@fluentui/react-icons/svg/options"
import { SignOutRegular } from "@fluentui/react-icons/svg/sign-out"
import { lazy, useEffect, useMemo, useState } from "react"
import type { FolderId } from "../../../../src/domain/ids.ts"
import type { Words } from "../../i18n/makeWords.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { goTo, usePlace } from "../../shell/place.ts"
import { useStore } from "../../shell/store.ts"
import { TopBar } from "../../shell/TopBar.tsx"
import { Composes } from "../compose/Composes.tsx"
import { openCompose } from "../compose/composes.ts"
import { useCounts } from "../counts/useCounts.ts"
import { MailContext, useMail } from "../MailContext.ts"
import { NotifyBar } from "../notify/NotifyBar.tsx"
import { notifyOfMail } from "../notify/notifyOfMail.ts"
import { usePreferences } from "../preferences.ts"
import { SearchBox } from "../search/SearchBox.tsx"
import { SearchResults } from "../search/SearchResults.tsx"
import { SearchStore } from "../search/SearchStore.ts"
import { listKey, type MailList } from "../store/MailState.ts"
import { actionsOn, type Ordered } from "./actions.ts"
import { addressOf } from "./address.ts"
import { linesOf } from "./conversations.ts"
import { FolderTree } from "./FolderTree.tsx"
import { folderName } from "./folderName.ts"
import { KeyMap } from "./KeyMap.tsx"
import { MessageList } from "./MessageList.tsx"
import { NoticeBar } from "./NoticeBar.tsx"
import { endNotice, tell } from "./notices.ts"
import { openMail } from "./openMail.ts"
import { PresenceBar } from "./PresenceBar.tsx"
import { ReadingPane } from "./ReadingPane.tsx"
import { Splitter } from "./Splitter.tsx"
import { kept, nothing, type Selection } from "./selection.ts"
import { PageContext } from "./usePage.ts"
import { useShown } from "./useShown.ts"
import "./mailPage.css"

/** Begun with the page's script, before anything is drawn. */
let refusedText = () => ""
const mail = openMail(() => refusedText())

let said: Words | undefined
notifyOfMail(mail, () => said)

const search = new SearchStore(mail)

const SettingsPage = lazy(() =>
  import("../settings/SettingsPage.tsx").then((module) => ({ default: module.SettingsPage }))
)

export const MailPage = () => {
  const words = useWords()
  const isSettings = /^\/mail\/settings(\/|$)/.test(usePlace())
  said = words
  refusedText = () => words.say("mail.refused")
  return <MailContext value={mail}>{isSettings ? <SettingsPage /> : <Mail />}</MailContext>
}

const Mail = () => {
  const words = useWords()
  const store = useMail()
  const state = useStore(store.state)
  const { folderId, messageId } = useShown()
  const isSearching = useStore(search.state) !== null
  const { isThreaded, readingPane } = usePreferences()
  const [isTreeOpen, setTreeOpen] = useState(false)
  const [selection, select] = useState<Selection>(nothing)
  const [undoable, setUndoable] = useState<ReadonlyArray<Ordered>>([])
  const actions = useMemo(() => actionsOn(store), [store])

  const [filter, setFilter] = useState<MailList["filter"]>("all")
  const list = useMemo(() => (folderId === null ? null : { folderId, filter }), [folderId, filter])

  useEffect(() => {
    if (list === null) return
    store.open(list)
    search.clear()
    select(nothing)
    setTreeOpen(false)
  }, [store, list])

  const window = list === null ? undefined : state.windows.get(listKey(list))
  const lines = useMemo(
    () => (isSearching ? [] : linesOf(window?.ids ?? [], state.messages, isThreaded)),
    [isSearching, window, state.messages, isThreaded]
  )
  const keys = useMemo(() => lines.map(({ key }) => key), [lines])
  const [before, setBefore] = useState(keys)
  if (before !== keys) {
    setBefore(keys)
    select(kept(selection, before, keys))
  }

  const folder = folderId === null ? undefined : state.folders.get(folderId)
  useCounts(`${folder === undefined ? "" : `${folderName(words, folder)} · `}${words.say("shell.name")}`)

  const undo = (ordered: Ordered) => {
    setUndoable((all) => all.filter((one) => one !== ordered))
    actions.undo(ordered)
    tell({ text: words.say("mail.undone"), undo: null, isProblem: false })
  }

  const page = {
    folderId,
    messageId,
    list,
    setFilter,
    lines,
    selection,
    select,
    actions,
    openFolder: (id: FolderId) => {
      search.clear()
      goTo(addressOf(id))
    },
    open: (id: typeof messageId) => {
      if (folderId !== null) goTo(addressOf(folderId, id))
    },
    target: () => {
      if (selection.chosen.size > 0)
        return lines
          .filter(({ key }) => selection.chosen.has(key))
          .flatMap((line) => line.messages.map(({ id }) => id))
      const cursor = lines.find(({ key }) => key === selection.cursor)?.messages.map(({ id }) => id) ?? []
      const isWalking = cursor.length > 0 && document.activeElement?.matches(".mail__scroller") === true
      // Who has walked on from the message that is open means where they are.
      if (messageId !== null && (!isWalking || cursor.includes(messageId))) return [messageId]
      return cursor
    },
    report: (text: string, ordered: Ordered) => {
      setUndoable((all) => [...all.slice(-19), ordered])
      tell({ text, undo: () => undo(ordered), isProblem: false })
    },
    undoLast: () => {
      const last = undoable.at(-1)
      if (last === undefined) tell({ text: words.say("mail.nothingToUndo"), undo: null, isProblem: false })
      else undo(last)
    }
  }

  return (
    <PageContext value={page}>
      <KeyMap />
      <TopBar
        menu={
          <>
            <MenuDivider />
            <MenuItem icon={<OptionsRegular />} onClick={() => goTo("/mail/settings")}>
              {words.say("settings.all")}
            </MenuItem>
            <MenuItemLink href="/sign-out" icon={<SignOutRegular />}>
              {words.say("shell.signOut")}
            </MenuItemLink>
          </>
        }
      >
        <Button
          className="mail__tree-button"
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-expanded={isTreeOpen}
          aria-label={words.say("mail.folders")}
          onClick={() => setTreeOpen(!isTreeOpen)}
        />
        <Button
          appearance="primary"
          icon={<ComposeRegular />}
          aria-label={words.say("mail.compose")}
          onClick={() => openCompose({ kind: "new" })}
        >
          <span className="mail__compose-word">{words.say("mail.compose")}</span>
        </Button>
        <SearchBox search={search} />
      </TopBar>
      <aside aria-label={words.say("mail.notices")}>
        <PresenceBar />
        <NotifyBar />
      </aside>
      <main
        id="content"
        className="mail"
        tabIndex={-1}
        data-reading={messageId !== null}
        data-pane={readingPane}
        data-tree={isTreeOpen}
      >
        <h1 className="only-spoken">
          {folder === undefined ? words.say("mail.list") : folderName(words, folder)}
        </h1>
        <FolderTree />
        <Splitter
          property="--mail-tree"
          label={words.say("mail.resizeFolders")}
          least={160}
          most={420}
          initial={240}
        />
        {isSearching ? (
          <SearchResults
            search={search}
            folder={folder ?? null}
            openId={messageId}
            onOpen={({ id }) => page.open(id)}
          />
        ) : (
          <MessageList />
        )}
        <Splitter
          property="--mail-list"
          label={words.say("mail.resizeList")}
          least={260}
          most={800}
          initial={400}
        />
        <ReadingPane />
      </main>
      <Composes />
      <NoticeBar onClose={endNotice} />
    </PageContext>
  )
}
