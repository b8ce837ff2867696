import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Tab,
  TabList,
  Toast,
  Toaster,
  ToastTitle,
  useToastController
} from "@fluentui/react-components"
import { useEffect, useId, useState } from "react"
import { useWords } from "../i18n/WordsProvider.tsx"
import { goTo, usePlace } from "../shell/place.ts"
import { useStore } from "../shell/store.ts"
import { TopBar } from "../shell/TopBar.tsx"
import { ClusterView } from "./cluster/ClusterView.tsx"
import { DeadLettersView } from "./deadLetters/DeadLettersView.tsx"
import { FlowView } from "./flow/FlowView.tsx"
import { NotifyContext } from "./parts/notify.ts"
import { type Connection, type Sources, SourcesContext, useConnection, useOpenSources } from "./sources.ts"
import "./console.css"

const views = ["cluster", "flow", "dead-letters"] as const
type View = (typeof views)[number]

const viewAt = (place: string): View => views.find((view) => place === `/console/${view}`) ?? "cluster"

/** What operators see of the platform, and do with it. */
export const ConsolePage = ({ token }: { readonly token: string }) => {
  const sources = useOpenSources(token)
  return sources === undefined ? null : (
    <SourcesContext value={sources}>
      <Console sources={sources} />
    </SourcesContext>
  )
}

const Console = ({ sources }: { readonly sources: Sources }) => {
  const words = useWords()
  const view = viewAt(usePlace())
  const connection = useConnection(sources)
  const toaster = useId()
  const { dispatchToast } = useToastController(toaster)
  const title = words.say(titles[view])
  useEffect(() => {
    document.title = `${title} · ${words.say("shell.name")}`
  }, [title, words])
  return (
    <NotifyContext
      value={(message) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{message}</ToastTitle>
          </Toast>,
          { intent: "success" }
        )
      }
    >
      <TopBar>
        <Tabs view={view} sources={sources} />
        <Pulse connection={connection} />
      </TopBar>
      <main id="content" className="console" tabIndex={-1}>
        <h1 className="only-spoken">{title}</h1>
        <Lost connection={connection} sources={sources} />
        <div className="console__view" data-old={connection.state === "lost"}>
          {view === "cluster" && <ClusterView />}
          {view === "flow" && <FlowView />}
          {view === "dead-letters" && <DeadLettersView />}
        </div>
        <div className="console__toasts">
          <Toaster toasterId={toaster} position="bottom-end" inline />
        </div>
      </main>
    </NotifyContext>
  )
}

const titles = {
  cluster: "cluster.title",
  flow: "flow.title",
  "dead-letters": "dead.title"
} as const satisfies Record<View, string>

const Tabs = ({ view, sources }: { readonly view: View; readonly sources: Sources }) => {
  const words = useWords()
  const queues = useStore(sources.queues.store)
  const rows = queues.state === "loading" ? undefined : queues.data
  const dead = rows?.reduce((sum, row) => sum + row.dead, 0) ?? 0
  return (
    <nav aria-label={words.say("shell.pages")}>
      <TabList
        className="console__tabs"
        selectedValue={view}
        onTabSelect={(_event, { value }) => goTo(`/console/${String(value)}`)}
      >
        {views.map((name) => (
          <Tab key={name} value={name}>
            {words.say(titles[name])}
            {name === "dead-letters" && dead > 0 && (
              <span className="console__count">{words.number(dead)}</span>
            )}
          </Tab>
        ))}
      </TabList>
    </nav>
  )
}

const Pulse = ({ connection: { state } }: { readonly connection: Connection }) => {
  const words = useWords()
  return (
    <span className="console__pulse" data-state={state}>
      {words.say(`live.${state}`)}
    </span>
  )
}

/** Says that the connection is gone, and later that it is back, also to who cannot see it. */
const Lost = ({ connection, sources }: { readonly connection: Connection; readonly sources: Sources }) => {
  const words = useWords()
  const [wasLost, setWasLost] = useState(false)
  const { state } = connection
  useEffect(() => {
    if (state === "lost") setWasLost(true)
  }, [state])
  const since = connection.state === "lost" ? connection.since : undefined
  const text =
    state !== "lost"
      ? undefined
      : since === undefined
        ? words.say("problem.away")
        : words.say("live.lostSince", { time: words.clock(since) })
  return (
    <>
      <div role="status" className="only-spoken">
        {text ?? (wasLost && state === "live" ? words.say("live.back") : "")}
      </div>
      {text !== undefined && (
        <MessageBar intent="warning" layout="multiline" className="console__lost">
          <MessageBarBody>{text}</MessageBarBody>
          <MessageBarActions>
            <Button onClick={sources.retry}>{words.say("live.retry")}</Button>
          </MessageBarActions>
        </MessageBar>
      )}
    </>
  )
}
