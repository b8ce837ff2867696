import { Effect } from "effect"

/** What came back, and was not followed. */
export interface Seen {
  readonly code: number
  readonly headers: Headers
  readonly body: string
  /** Where it leads, as a whole URL; "" = nowhere. */
  readonly location: string
}

/** A browser without a window: it keeps cookies, and says where its forms come from. */
export interface Visitor {
  readonly cookies: Map<string, string>
  readonly get: (url: string, headers?: Readonly<Record<string, string>>) => Effect.Effect<Seen>
  /** Sends a form from a page of `from`, by default of where it goes. */
  readonly post: (
    url: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>
  ) => Effect.Effect<Seen>
  /** Goes where it is led, until a page is there. */
  readonly follow: (seen: Seen) => Effect.Effect<Seen & { readonly url: string }>
}

/** At the server at `base`, to which all relative URLs lead; where that is several edges, it is sent to each in turn. */
export const visitor = (base: string, edges: ReadonlyArray<string> = [base]): Visitor => {
  const cookies = new Map<string, string>()
  let asked = 0

  const edgeFor = (url: URL): URL => {
    const { pathname, search, origin } = url
    const edge = edges[asked++ % edges.length]
    return origin === base ? new URL(`${pathname}${search}`, edge) : url
  }

  const keep = (header: string) => {
    const [pair = "", ...attributes] = header.split(";")
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(pair) ?? []
    const isGone = attributes.some((text) => /^\s*(?:max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(text))
    if (isGone || value === "") cookies.delete(name)
    else cookies.set(name, value)
  }

  const ask = (path: string, init: RequestInit) =>
    Effect.promise(async (): Promise<Seen> => {
      const url = new URL(path, base)
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
      const headers = { accept: "text/html", ...Object.fromEntries(new Headers(init.headers)) }
      const answer = await fetch(edgeFor(url), {
        ...init,
        redirect: "manual",
        headers: cookie === "" ? headers : { ...headers, cookie }
      })
      for (const header of answer.headers.getSetCookie()) keep(header)
      const location = answer.headers.get("location")
      return {
        code: answer.status,
        headers: answer.headers,
        body: await answer.text(),
        location: location === null ? "" : new URL(location, url).href
      }
    })

  const get: Visitor["get"] = (url, headers = {}) => ask(url, { headers })
  const follow: Visitor["follow"] = (seen) =>
    Effect.gen(function* () {
      let [at, last] = [base, seen]
      for (let steps = 0; last.location !== ""; steps += 1) {
        if (steps === 10) return yield* Effect.dieMessage("it leads on and on")
        at = last.location
        last = yield* get(at)
      }
      return { ...last, url: at }
    })

  return {
    cookies,
    get,
    post: (url, form, headers = {}) =>
      ask(url, { method: "POST", body: new URLSearchParams(form), headers: { origin: base, ...headers } }),
    follow
  }
}
