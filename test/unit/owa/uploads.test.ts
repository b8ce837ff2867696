import { type ClientRequest, type IncomingMessage, request } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { awaited } from "../../support/awaited.ts"
import { type UploadEdge, uploadEdge } from "../../support/owa/uploadEdge.ts"

const kib = Buffer.alloc(1024, 7)

interface Sent {
  readonly request: ClientRequest
  readonly answer: Effect.Effect<readonly [code: number | undefined, body: unknown]>
}

/** A browser that hands in a file piece by piece. */
const sending = (
  { port }: UploadEdge,
  headers: Readonly<Record<string, string>> = {},
  method = "POST"
): Effect.Effect<Sent, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const sent = request({
        port,
        method,
        path: "/owa/uploads",
        headers: {
          cookie: "session=alice",
          origin: `http://127.0.0.1:${port}`,
          host: `127.0.0.1:${port}`,
          ...headers
        }
      })
      const came = new Promise<IncomingMessage>((resolve) => sent.once("response", resolve))
      sent.on("error", () => undefined)
      return {
        request: sent,
        answer: awaited(
          "an answer",
          Effect.promise(async () => {
            const response = await came
            const pieces: Array<Buffer> = []
            for await (const piece of response) pieces.push(piece)
            return [response.statusCode, JSON.parse(Buffer.concat(pieces).toString())] as const
          })
        )
      }
    }),
    (sent) => Effect.sync(() => sent.request.destroy())
  )

const refusalOf = (edge: UploadEdge, headers: Readonly<Record<string, string>>, method = "POST") =>
  Effect.flatMap(sending(edge, headers, method), (sent) => {
    sent.request.end(method === "POST" ? kib : undefined)
    return sent.answer
  })

describe("a file that is handed in", () => {
  it.scopedLive("is written down as it comes, and is its owner's alone", () =>
    Effect.gen(function* () {
      const edge = yield* uploadEdge()
      const sent = yield* sending(edge, { "content-type": "image/PNG; x=y" })
      sent.request.write(kib)
      yield* edge.reaches(1024)
      sent.request.end(kib)
      const [code, body] = yield* sent.answer
      assert.strictEqual(code, 201)
      const { uploadId, sizeBytes } = yield* edge.uploaded(body)
      assert.strictEqual(sizeBytes, 2048)
      assert.match(uploadId, /^[\w.-]{1,1000}$/)
      const read = yield* edge.read(uploadId)
      assert.deepStrictEqual([read?.mediaType, read?.bytes.length], ["image/png", 2048])
      assert.isNull(yield* edge.readAsBob(uploadId))
      assert.isNull(yield* edge.read(uploadId.replace(/^(\d+)/, (at) => String(Number(at) + 1))))
      assert.isNull(yield* edge.read(`${uploadId}x.y`))
      assert.isNull(yield* edge.readExpired(uploadId))
    })
  )

  it.scopedLive("is of somebody who is signed in, on our own page", () =>
    Effect.gen(function* () {
      const edge = yield* uploadEdge()
      const codeOf = (headers: Readonly<Record<string, string>>, method?: string) =>
        Effect.map(refusalOf(edge, headers, method), ([code, body]) => [code, body] as const)
      const refusal = (reason: string) => ({ _tag: "Refused", reason, what: null, isTemporary: false })
      assert.deepStrictEqual(yield* codeOf({ cookie: "session=nobody" }), [401, refusal("signedOut")])
      assert.deepStrictEqual(yield* codeOf({ origin: "http://evil.test" }), [403, refusal("denied")])
      assert.deepStrictEqual(yield* codeOf({}, "GET"), [400, refusal("invalid")])
      assert.strictEqual(yield* edge.stored, 0)
    })
  )

  it.scopedLive(
    "is refused where it is too large, by its length before it comes, else once that is seen",
    () =>
      Effect.gen(function* () {
        const edge = yield* uploadEdge({ POSTROOM_OWA_ATTACHMENT_BYTES: "2047" })
        const announced = yield* sending(edge, { "content-length": "2048" })
        announced.request.flushHeaders()
        const tooLarge = { _tag: "Refused", reason: "limit", what: "attachmentSize", isTemporary: false }
        assert.deepStrictEqual(yield* announced.answer, [413, tooLarge])
        const unannounced = yield* sending(edge)
        unannounced.request.write(kib)
        unannounced.request.write(kib)
        assert.deepStrictEqual(yield* unannounced.answer, [413, tooLarge])
        assert.strictEqual(yield* edge.stored, 0)
      })
  )

  it.scopedLive("leaves nothing where whoever hands it in goes away, and makes room for another", () =>
    Effect.gen(function* () {
      const edge = yield* uploadEdge({ POSTROOM_OWA_UPLOADS_PER_USER: "1" })
      const sent = yield* sending(edge)
      sent.request.write(kib)
      yield* edge.reaches(1024)
      const [code] = yield* refusalOf(edge, {})
      assert.strictEqual(code, 429)
      sent.request.destroy()
      yield* edge.ends
      const [next] = yield* refusalOf(edge, {})
      assert.strictEqual(next, 201)
      assert.strictEqual(yield* edge.stored, 1)
    })
  )
})
