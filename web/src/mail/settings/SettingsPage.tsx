import { Button } from "@fluentui/react-components"
import { ArrowLeftRegular } from "@fluentui/react-icons/svg/arrow-left"
import { type ReactNode, useEffect, useRef } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { goTo, usePlace } from "../../shell/place.ts"
import { useStore } from "../../shell/store.ts"
import { TopBar } from "../../shell/TopBar.tsx"
import { useCounts } from "../counts/useCounts.ts"
import { PresenceBar } from "../page/PresenceBar.tsx"
import { isKnown, saving } from "../preferences.ts"
import { AppPasswords } from "./AppPasswords.tsx"
import { General } from "./General.tsx"
import { Phones } from "./Phones.tsx"
import { Reading } from "./Reading.tsx"
import { Senders } from "./Senders.tsx"
import { Sessions } from "./Sessions.tsx"
import { Writing } from "./Writing.tsx"
import "./settings.css"

const sections = ["general", "reading", "writing", "senders", "phones", "access"] as const
type Section = (typeof sections)[number]

const root = "/mail/settings"

const sectionAt = (place: string): Section =>
  sections.find((name) => place === `${root}/${name}`) ?? "general"

const contents: Readonly<Record<Section, () => ReactNode>> = {
  general: () => <Chosen content={<General />} />,
  reading: () => <Chosen content={<Reading />} />,
  writing: () => <Chosen content={<Writing />} />,
  senders: () => <Chosen content={<Senders />} />,
  phones: () => <Phones />,
  access: () => (
    <>
      <Sessions />
      <AppPasswords />
    </>
  )
}

/** What people choose for themselves: kept as soon as it is chosen. */
export const SettingsPage = () => {
  const words = useWords()
  const section = sectionAt(usePlace())
  const heading = useRef<HTMLHeadingElement>(null)
  useCounts(`${words.say("settings.title")} · ${words.say("shell.name")}`)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another section is another place
  useEffect(() => heading.current?.focus(), [section])

  return (
    <>
      <TopBar>
        <Button
          className="settings__back"
          appearance="subtle"
          icon={<ArrowLeftRegular />}
          onClick={() => goTo("/mail")}
        >
          {words.say("settings.back")}
        </Button>
      </TopBar>
      <PresenceBar />
      <main id="content" className="settings">
        <nav aria-label={words.say("settings.sections")} className="settings__nav">
          {sections.map((name) => (
            <a
              key={name}
              href={`${root}/${name}`}
              aria-current={name === section ? "page" : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return
                event.preventDefault()
                goTo(`${root}/${name}`)
              }}
            >
              {words.say(`settings.section.${name}`)}
            </a>
          ))}
        </nav>
        <div className="settings__content">
          <div className="settings__title">
            <h1 ref={heading} tabIndex={-1}>
              {words.say(`settings.section.${section}`)}
            </h1>
            <Saved />
          </div>
          {contents[section]()}
        </div>
      </main>
    </>
  )
}

/** Nobody chooses before it is known what was chosen. */
const Chosen = ({ content }: { readonly content: ReactNode }) => {
  const words = useWords()
  return useStore(isKnown) ? content : <p>{words.say("settings.notKnown")}</p>
}

const Saved = () => {
  const words = useWords()
  const state = useStore(saving)
  const isProblem = typeof state !== "string"
  const text = () => {
    if (isProblem) return words.say("settings.refused")
    return state === "nothing" ? "" : words.say(`settings.${state}`)
  }
  return (
    <span role="status" className="settings__saved" data-problem={isProblem}>
      {text()}
    </span>
  )
}
