const english = {
  product: "Postroom",
  signInTitle: "Sign in",
  signInExplain: "With the address and password of your mailbox.",
  address: "E-mail address",
  password: "Password",
  signIn: "Sign in",
  wrong: "The address or the password is wrong.",
  tooMany: "Too many attempts. Wait a few minutes, then try again.",
  busy: "The server is busy. Try again in a moment.",
  plain: "This connection is not encrypted: whoever listens on the way can read your password.",
  expiredTitle: "This sign-in has expired",
  expired: "It took too long, or was finished in another tab. Start again.",
  refusedTitle: "You are not signed in",
  refused: "The sign-in was not completed. Start again; if it happens again, tell your administrator.",
  noMailboxTitle: "There is no mailbox for you here",
  noMailbox:
    "You signed in, but the account has no mailbox here, or is disabled. Your administrator can help.",
  awayTitle: "Signing in is not possible at the moment",
  away: "A part of the service cannot be reached. Try again in a moment.",
  again: "Start again",
  signOutTitle: "Sign out",
  signedInAs: "You are signed in as {address}.",
  signOut: "Sign out",
  signOutEverywhere: "Sign out everywhere",
  everywhereExplain: "Also ends your sessions in other browsers ({count} in all). Phones stay connected.",
  signedOutTitle: "You are signed out",
  signedOut: "Close the browser if others use this computer, too."
}

type Words = Readonly<Record<keyof typeof english, string>>

const german: Words = {
  product: "Postroom",
  signInTitle: "Anmelden",
  signInExplain: "Mit Adresse und Passwort Ihres Postfachs.",
  address: "E-Mail-Adresse",
  password: "Passwort",
  signIn: "Anmelden",
  wrong: "Die Adresse oder das Passwort stimmt nicht.",
  tooMany: "Zu viele Versuche. Warten Sie einige Minuten und versuchen Sie es dann noch einmal.",
  busy: "Der Server ist ausgelastet. Versuchen Sie es gleich noch einmal.",
  plain: "Diese Verbindung ist nicht verschlüsselt: Wer unterwegs mithört, kann Ihr Passwort lesen.",
  expiredTitle: "Diese Anmeldung ist abgelaufen",
  expired: "Sie hat zu lange gedauert oder wurde in einem anderen Tab beendet. Beginnen Sie neu.",
  refusedTitle: "Sie sind nicht angemeldet",
  refused:
    "Die Anmeldung wurde nicht abgeschlossen. Beginnen Sie neu; passiert es wieder, sagen Sie es Ihrer Administration.",
  noMailboxTitle: "Für Sie gibt es hier kein Postfach",
  noMailbox:
    "Sie haben sich angemeldet, aber das Konto hat hier kein Postfach oder ist gesperrt. Ihre Administration kann helfen.",
  awayTitle: "Die Anmeldung ist gerade nicht möglich",
  away: "Ein Teil des Dienstes ist nicht erreichbar. Versuchen Sie es gleich noch einmal.",
  again: "Neu beginnen",
  signOutTitle: "Abmelden",
  signedInAs: "Sie sind angemeldet als {address}.",
  signOut: "Abmelden",
  signOutEverywhere: "Überall abmelden",
  everywhereExplain:
    "Beendet auch Ihre Sitzungen in anderen Browsern ({count} insgesamt). Telefone bleiben verbunden.",
  signedOutTitle: "Sie sind abgemeldet",
  signedOut: "Schließen Sie den Browser, wenn auch andere diesen Computer benutzen."
}

const languages = { en: english, de: german } satisfies Record<string, Words>

export type Language = keyof typeof languages

export const wordsIn = (language: Language): Words => languages[language]

/** The one of ours that the browser likes best (RFC 9110 12.5.4); English where it likes none. */
export const languageFor = (acceptLanguage: string | undefined): Language => {
  const wished = (acceptLanguage ?? "")
    .toLowerCase()
    .split(",")
    .map((part) => part.split(";").map((piece) => piece.trim()))
    .map(([tag = "", weight = "q=1"]) => ({ tag, weight: Number(weight.replace(/^q=/, "")) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight)
  for (const { tag } of wished) {
    const primary = tag.split("-", 1)[0]
    if (primary === "de" || primary === "en") return primary
  }
  return "en"
}
