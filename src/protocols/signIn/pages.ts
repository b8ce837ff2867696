import { type Language, wordsIn } from "./words.ts"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** For text and for attributes in quotes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

interface Page {
  readonly language: Language
  readonly title: string
  /** HTML. */
  readonly body: string
}

const page = ({ language, title, body }: Page): string => `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/sign-in/style.css">
    <title>${escapeHtml(title)} – ${wordsIn(language).product}</title>
  </head>
  <body>
    <main>
      <header><img src="/favicon.svg" alt="" width="40" height="40">${wordsIn(language).product}</header>
      <h1>${escapeHtml(title)}</h1>
${body}
    </main>
  </body>
</html>
`

export type FormProblem = "wrong" | "tooMany" | "busy" | "away"

/** Asks for address and password; sends them to where it is. */
export const passwordPage = (options: {
  readonly language: Language
  readonly problem: FormProblem | null
  readonly address: string
  readonly isPlain: boolean
}): string => {
  const { language, problem, address, isPlain } = options
  const words = wordsIn(language)
  const marks = problem === "wrong" ? ' aria-invalid="true" aria-describedby="problem"' : ""
  const [first, second] = address === "" ? [" autofocus", ""] : ["", " autofocus"]
  const body = `      <p>${words.signInExplain}</p>
      ${problem === null ? "" : `<p class="problem" id="problem" role="alert">${words[problem]}</p>`}
      ${isPlain ? `<p class="warning">${words.plain}</p>` : ""}
      <form method="post">
        <div class="field">
          <label for="address">${words.address}</label>
          <input id="address" name="address" type="text" inputmode="email" autocomplete="username" autocapitalize="none"
            spellcheck="false" maxlength="320" required value="${escapeHtml(address)}"${marks}${first}>
        </div>
        <div class="field">
          <label for="password">${words.password}</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required${marks}${second}>
        </div>
        <button type="submit">${words.signIn}</button>
      </form>`
  return page({ language, title: words.signInTitle, body })
}

export type Notice = "expired" | "refused" | "noMailbox" | "away" | "tooMany" | "signedOut"

const titles = {
  expired: "expiredTitle",
  refused: "refusedTitle",
  noMailbox: "noMailboxTitle",
  away: "awayTitle",
  tooMany: "awayTitle",
  signedOut: "signedOutTitle"
} as const satisfies Record<Notice, string>

/** Says what happened; `href` is where to begin anew. */
export const noticePage = (language: Language, notice: Notice, href: string): string => {
  const words = wordsIn(language)
  const label = notice === "signedOut" ? words.signIn : words.again
  const body = `      <p>${words[notice]}</p>
      <p><a class="button" href="${escapeHtml(href)}">${label}</a></p>`
  return page({ language, title: words[titles[notice]], body })
}

/** Asks whether to sign out, here or, where there are other sessions, everywhere. */
export const signOutPage = (options: {
  readonly language: Language
  readonly address: string
  readonly sessions: number
}): string => {
  const words = wordsIn(options.language)
  const explain = words.everywhereExplain.replace("{count}", String(options.sessions))
  const everywhere = `<button class="second" type="submit" name="everywhere" value="yes" aria-describedby="everywhere">${words.signOutEverywhere}</button>
        <p id="everywhere">${explain}</p>`
  const body = `      <p>${words.signedInAs.replace("{address}", () => escapeHtml(options.address))}</p>
      <form method="post">
        <button type="submit">${words.signOut}</button>
        ${options.sessions > 1 ? everywhere : ""}
      </form>`
  return page({ language: options.language, title: words.signOutTitle, body })
}
