import { cookieNamed, setCookie } from "../../identity/sessionCookie.ts"

/** Sign-ins that a browser may be at, each in a tab of its own; beyond that all others are given up. */
const maxAtOnce = 5

const nameFor = (state: string, isSecure: boolean) =>
  `${isSecure ? "__Host-" : ""}postroom-sign-in-${state.slice(0, 12)}`

/** Remembers a sign-in under way until the browser comes back, for so long. */
export const keepAttempt = (of: {
  readonly state: string
  readonly sealed: string
  readonly lastsSeconds: number
  readonly isSecure: boolean
}): string =>
  setCookie({
    name: nameFor(of.state, of.isSecure),
    value: of.sealed,
    maxAgeSeconds: of.lastsSeconds,
    isSecure: of.isSecure
  })

/** What was kept for the state that the browser came back with; null = nothing. */
export const keptAttempt = (
  header: string | undefined,
  { state, isSecure }: { readonly state: string; readonly isSecure: boolean }
): string | null => cookieNamed(header, nameFor(state, isSecure))

export const dropAttempt = (state: string, isSecure: boolean): string =>
  setCookie({ name: nameFor(state, isSecure), value: "", maxAgeSeconds: 0, isSecure })

/** Takes sign-ins that nobody finished from a browser that has too many of them: headers have an end. */
export const dropTooMany = (header: string | undefined, isSecure: boolean): ReadonlyArray<string> => {
  const names = [...(header ?? "").matchAll(/(?:^|;\s*)((?:__Host-)?postroom-sign-in-[\w-]{1,12})=/g)].map(
    ([, name = ""]) => name
  )
  return names.length < maxAtOnce
    ? []
    : names.map((name) => setCookie({ name, value: "", maxAgeSeconds: 0, isSecure }))
}
