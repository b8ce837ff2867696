import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type RequestOptions
} from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { Clock, Config, Duration, Effect, Layer } from "effect"
import { parseWebhookUrl } from "../../domain/webhookUrl.ts"
import { errorCode } from "../../observability/errorCode.ts"
import { metrics } from "../../observability/metrics.ts"
import {
  AddressRefused,
  makeLookup,
  namesRefusedAddress,
  systemResolve
} from "../../outbound/checkedLookup.ts"
import { makeIsAllowed, type Network, network } from "../../outbound/networks.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, duration, integer, list } from "../../settings/types.ts"
import type { NotifyTarget } from "../../storage/notify/NotifyTargets.ts"
import { NotDelivered, type Notice, NotifySink } from "./NotifySink.ts"
import { signedHeaders } from "./signature.ts"

const noNetworks: ReadonlyArray<Network> = []

export const WebhookConfig = Config.all({
  timeout: setting({
    name: "POSTROOM_WEBHOOK_TIMEOUT",
    type: duration,
    default: Duration.seconds(10),
    meaning: "For one webhook, from looking up its name to its answer."
  }),
  allowedNetworks: setting({
    name: "POSTROOM_WEBHOOK_ALLOWED_NETWORKS",
    type: list(network),
    default: noNetworks,
    defaultText: "none",
    meaning: "Networks that webhooks may lead to although they are not of the public internet."
  }),
  maxSockets: setting({
    name: "POSTROOM_WEBHOOK_MAX_SOCKETS",
    type: integer,
    default: 256,
    check: atLeast(1),
    meaning: "Connections to all webhooks at a time."
  })
})

export type WebhookSettings = Config.Config.Success<typeof WebhookConfig>

const refused = (reason: string) => new NotDelivered({ reason, isFinal: true, isGone: false })
const notNow = (reason: string) => new NotDelivered({ reason, isFinal: false, isGone: false })

/** Never the error's own text: it may hold what the name meant. */
const failureOf = (error: Error): NotDelivered =>
  error instanceof AddressRefused
    ? refused("its address is not of the public internet")
    : notNow(`no answer (${errorCode(error) || error.name})`)

/** A redirect is an answer like others: where it leads was checked by nobody. */
const verdict = (status: number): Effect.Effect<void, NotDelivered> => {
  if (status >= 200 && status < 300) return Effect.void
  const reason = status >= 300 && status < 400 ? `redirect (${status}), not followed` : `HTTP ${status}`
  return Effect.fail(new NotDelivered({ reason, isFinal: false, isGone: status === 410 }))
}

/** The status of the answer. Of its body nothing is looked at: it ends the exchange, or the connection. */
const exchange = (start: () => ClientRequest, body: string): Effect.Effect<number, NotDelivered> =>
  Effect.async((resume) => {
    const request = start()
    request.once("response", (response) => {
      resume(Effect.succeed(response.statusCode ?? 0))
      let left = maxAnswerBytes
      response.on("error", () => undefined)
      response.on("data", (chunk: Buffer) => {
        left -= chunk.length
        if (left < 0) request.destroy()
      })
      // Once this answer is over the connection may serve the next one; an answer without an end is cut.
      const timer = setTimeout(() => request.destroy(), answerMillis)
      response.once("close", () => clearTimeout(timer))
    })
    // Stays: a connection may break after its answer, too.
    request.on("error", (error) => resume(Effect.fail(failureOf(error))))
    request.end(body)
    return Effect.sync(() => request.destroy())
  })

const maxAnswerBytes = 64 * 1024
const answerMillis = 5_000

const make = ({ timeout, allowedNetworks, maxSockets }: WebhookSettings) =>
  Effect.gen(function* () {
    const isAllowed = makeIsAllowed(allowedNetworks)
    const lookup = makeLookup(isAllowed, systemResolve)
    const agents = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const options = { keepAlive: true, maxTotalSockets: maxSockets, timeout: 60_000 }
        return { http: new HttpAgent(options), https: new HttpsAgent(options) }
      }),
      ({ http, https }) =>
        Effect.sync(() => {
          http.destroy()
          https.destroy()
        })
    )

    const open = (url: URL, options: RequestOptions): ClientRequest =>
      url.protocol === "https:"
        ? httpsRequest(url, { ...options, agent: agents.https })
        : httpRequest(url, { ...options, agent: agents.http })

    const send = (target: NotifyTarget, { id, body }: Notice): Effect.Effect<void, NotDelivered> =>
      Effect.gen(function* () {
        const url = yield* Effect.mapError(parseWebhookUrl(target.url), () => refused("its URL is malformed"))
        if (namesRefusedAddress(url, isAllowed)) {
          return yield* refused("its address is not of the public internet")
        }
        const now = yield* Clock.currentTimeMillis
        const headers = {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "user-agent": "Postroom",
          ...signedHeaders(target.secret, { id, body, epochSeconds: Math.floor(now / 1000) })
        }
        const status = yield* exchange(() => open(url, { method: "POST", headers, lookup }), body)
        yield* verdict(status)
      }).pipe(
        Effect.timeoutFail({ duration: timeout, onTimeout: () => notNow("no answer in time") }),
        Effect.tapBoth({
          onFailure: () => count("failed"),
          onSuccess: () => count("delivered")
        }),
        Effect.timed,
        Effect.map(([took]) => metrics.notifyDuration.observe({ sink: "webhook" }, Duration.toSeconds(took)))
      )
    return NotifySink.of({ send })
  })

const count = (outcome: string) => Effect.sync(() => metrics.notifications.inc({ sink: "webhook", outcome }))

/** Webhooks: a POST of JSON, signed. Nothing is sent to an address that is not public, unless the configuration says so. */
export const layerWebhook = Layer.scoped(NotifySink, Effect.flatMap(WebhookConfig, make))
