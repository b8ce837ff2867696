/** Where the pages of signing in and out are. `?return=/…` says where to go on from there. */
export const paths = {
  signIn: "/sign-in",
  /** The issuer sends the browser back here: what it must be told as the redirect URI. */
  callback: "/sign-in/callback",
  /** With a slash and the id of the sign-in. */
  password: "/sign-in/password",
  style: "/sign-in/style.css",
  signOut: "/sign-out",
  signedOut: "/signed-out"
} as const

const maxLength = 2_000

/** Where a person wants to go on, if that is a page of ours; the first one otherwise. Never leads to another host. */
export const returnPath = (wished: string | null, origin: string): string => {
  const first = "/"
  if (wished === null || wished.length > maxLength || !wished.startsWith("/")) return first
  // Browsers read a backslash as a slash and leave out tabs and line ends (URL Standard 4.4).
  if (/[\\\p{Cc}]/u.test(wished) || wished.startsWith("//")) return first
  if (!URL.canParse(wished, origin)) return first
  const url = new URL(wished, origin)
  const isOurs = url.origin === origin && !url.pathname.startsWith("//")
  return isOurs && !isOfSigning(url.pathname) ? `${url.pathname}${url.search}${url.hash}` : first
}

/** Back to where one signs in or out is no way on. */
const isOfSigning = (path: string) => /^\/(?:sign-in|sign-out|signed-out|oidc)(?:\/|$)/.test(path)
