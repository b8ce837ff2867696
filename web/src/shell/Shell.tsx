import { FluentProvider, Spinner } from "@fluentui/react-components"
import { lazy, Suspense } from "react"
import { useWords } from "../i18n/WordsProvider.tsx"
import { useToken } from "../session/token.ts"
import { Broken } from "./Broken.tsx"
import { NotFound } from "./NotFound.tsx"
import { usePlace } from "./place.ts"
import { TopBar } from "./TopBar.tsx"
import { useTheme } from "./theme.ts"
import "./shell.css"

const ConsolePage = lazy(() =>
  import("../console/ConsolePage.tsx").then((module) => ({ default: module.ConsolePage }))
)

const MailPage = lazy(() =>
  import("../mail/page/MailPage.tsx").then((module) => ({ default: module.MailPage }))
)

/** Asks the contract over Connect, as the console does: who reads mail waits for neither. */
const SignIn = lazy(() => import("../session/SignIn.tsx").then((module) => ({ default: module.SignIn })))

/** What surrounds every page. A page's own script comes when it is opened. */
export const Shell = () => {
  const { name, theme } = useTheme()
  const words = useWords()
  return (
    <FluentProvider theme={theme} dir={words.direction} style={{ colorScheme: name }}>
      {/* Apart: the provider's own class goes to what lies over the page, too, and a dialog's would cover it. */}
      <div className="shell">
        <a className="shell__skip" href="#content">
          {words.say("shell.skip")}
        </a>
        <Broken message={words.say("shell.broken")} action={words.say("shell.reload")}>
          <Suspense fallback={<Waiting />}>
            <Page />
          </Suspense>
        </Broken>
      </div>
    </FluentProvider>
  )
}

const Page = () => {
  const place = usePlace()
  const token = useToken()
  const isConsole = place === "/console" || place.startsWith("/console/")
  if (isConsole && token !== null) return <ConsolePage token={token} />
  if (place === "/mail" || place.startsWith("/mail/")) return <MailPage />
  return (
    <>
      <TopBar />
      {isConsole ? <SignIn /> : <NotFound />}
    </>
  )
}

const Waiting = () => {
  const words = useWords()
  return (
    <main id="content" className="shell__waiting">
      <Spinner label={words.say("shell.loading")} />
    </main>
  )
}
