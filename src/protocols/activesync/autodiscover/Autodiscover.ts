import type { IncomingMessage, ServerResponse } from "node:http"
import { Context, Effect, Layer, Runtime } from "effect"
import { Identity } from "../../../identity/Identity.ts"
import { metrics } from "../../../observability/metrics.ts"
import { ActiveSyncConfig } from "../ActiveSyncConfig.ts"
import { readBody } from "../body.ts"
import { openExchange, respond } from "../exchange.ts"
import { bare, type Reply, refused, withBody } from "../replies.ts"
import { signedIn } from "../signIn.ts"
import { answerJson } from "./json.ts"
import { answerTo } from "./pox.ts"
import { publicUrlFor } from "./publicUrl.ts"
import { readRequest } from "./readRequest.ts"

/** Tells devices where ActiveSync is: in XML to who has signed in (MS-ASCMD 2.2.1.1), in JSON to everybody. */
export class Autodiscover extends Context.Tag("postroom/protocols/activesync/Autodiscover")<
  Autodiscover,
  {
    /** Takes the request where its path is ours; false = somebody else's. Never throws. */
    readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  }
>() {}

const maxBytes = 64 * 1024

/** Clients ask in any case. */
const xmlPath = /^\/autodiscover\/autodiscover\.xml$/i
const jsonPath = /^\/autodiscover\/autodiscover\.json(?:\/v\d+(?:\.\d+)?\/([^/]+))?\/?$/i

export const layer = Layer.effect(
  Autodiscover,
  Effect.gen(function* () {
    const settings = yield* ActiveSyncConfig
    const identity = yield* Identity
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())

    const answerXml = Effect.fnUntraced(function* (request: IncomingMessage) {
      if (request.method !== "POST") return bare(405, { allow: "POST" })
      const publicUrl = publicUrlFor(settings, request)
      if (publicUrl === null) return bare(400)
      const { address } = yield* signedIn(identity, request)
      const body = yield* Effect.mapError(
        readBody(request, { maxBytes, timeout: settings.bodyTimeout }),
        ({ code }) => refused(code)
      )
      const url = `${publicUrl}/Microsoft-Server-ActiveSync`
      const xml = answerTo(readRequest(body.toString("utf8")), { address, url })
      return withBody("text/xml; charset=utf-8", Buffer.from(xml), "http 200")
    })

    const answerInJson = (request: IncomingMessage, { path, query }: Target): Reply => {
      if (request.method !== "GET") return bare(405, { allow: "GET" })
      const publicUrl = publicUrlFor(settings, request)
      if (publicUrl === null) return bare(400)
      const asked = { email: jsonPath.exec(path)?.[1] ?? query("email"), protocol: query("protocol") }
      const { code, body } = answerJson(asked, publicUrl)
      return { ...withBody("application/json", Buffer.from(JSON.stringify(body)), `http ${code}`), code }
    }

    return Autodiscover.of({
      handle: (request, response) => {
        const target = targetOf(request)
        const isXml = xmlPath.test(target.path)
        if (!isXml && !jsonPath.test(target.path)) return false
        const route = isXml ? "autodiscover.xml" : "autodiscover.json"
        const answer = isXml ? answerXml(request) : Effect.sync(() => answerInJson(request, target))
        response.once("finish", () => metrics.httpRequests.inc({ route, code: response.statusCode }))
        runFork(respond(openExchange(request, response), answer))
        return true
      }
    })
  })
)

interface Target {
  readonly path: string
  /** A parameter by its name in lower case. */
  readonly query: (name: string) => string | null
}

const targetOf = ({ url = "" }: IncomingMessage): Target => {
  const [path = "", ...rest] = url.split("?")
  return {
    path,
    query: (name) =>
      [...new URLSearchParams(rest.join("?"))].find(([key]) => key.toLowerCase() === name)?.[1] ?? null
  }
}
