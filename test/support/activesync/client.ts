import { Agent } from "node:http"
import { gzipSync } from "node:zlib"
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { CommandName, ProtocolVersion } from "../../../src/protocols/activesync/Command.ts"
import type { Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import type { Listening } from "../../../src/roles.ts"
import { demoPassword } from "../platform.ts"
import { type Ask, ask, type HttpAnswer } from "./http.ts"
import { base64Query, type Parameters, plainQuery } from "./queries.ts"
import { decoded, hasLint, lint } from "./wbxml.ts"

/** What a phone is and does. */
export interface PhoneOptions {
  readonly address: string
  readonly password: string
  readonly version: ProtocolVersion
  readonly deviceId: string
  readonly deviceType: string
  readonly userAgent: string
  /** How it writes its queries. */
  readonly query: "plain" | "base64"
  /** Null = it sends none. */
  readonly policyKey: string | null
  /** Sends its requests packed, and takes packed answers. */
  readonly gzip: boolean
  readonly multipart: boolean
  /** Null = it sends none. */
  readonly language: string | null
}

const standard: PhoneOptions = {
  address: "alice@demo.test",
  password: demoPassword,
  version: "16.1",
  deviceId: "TESTPHONE1",
  deviceType: "TestPhone",
  userAgent: "TestPhone/1.0",
  query: "plain",
  policyKey: null,
  gzip: false,
  multipart: false,
  language: null
}

export interface PhoneAnswer extends HttpAnswer {
  /** Null where the answer has no body, or none in WBXML. */
  readonly document: Element | null
  /** Behind the document of a multipart answer. */
  readonly parts: ReadonlyArray<Buffer>
}

export interface Phone {
  readonly options: PhoneOptions
  /** The same phone, otherwise set up. */
  readonly but: (options: Partial<PhoneOptions>) => Phone
  /** Null = no body. Whoever is interrupted hangs up. */
  readonly ask: (
    command: CommandName,
    document: Element | null,
    parameters?: Parameters
  ) => Effect.Effect<PhoneAnswer>
  /** A message as body, as until 12.1. */
  readonly askWithMime: (
    command: CommandName,
    mime: Uint8Array,
    parameters?: Parameters
  ) => Effect.Effect<PhoneAnswer>
  readonly askOptions: Effect.Effect<HttpAnswer>
  /** Whatever a test thinks of, signed in unless it says otherwise. */
  readonly raw: (request: Ask) => Effect.Effect<HttpAnswer>
}

const folder = "/Microsoft-Server-ActiveSync"
const wbxml = "application/vnd.ms-sync.wbxml"

/**
 * Phones at a running platform, alice's where nothing else is said. Every document that they are answered is linted when
 * the scope ends, where there are the tools and the documents are not the test's own.
 */
export const phoneAt = (
  { at, lints = true }: { readonly at: Pick<Listening, "host" | "http">; readonly lints?: boolean },
  options: Partial<PhoneOptions> = {}
): Effect.Effect<Phone, never, Scope.Scope> =>
  Effect.gen(function* () {
    const answered: Array<Uint8Array> = []
    if (lints) yield* Effect.addFinalizer(() => assertLinted(answered))
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true })),
      (open) => Effect.sync(() => open.destroy())
    )
    const keep = (document: Uint8Array) => {
      answered.push(document)
      return decoded(document)
    }
    const server = { host: at.host, port: at.http, agent }
    return makePhone({ ...standard, ...options }, (request) => ask(server, request), keep)
  })

const assertLinted = (answered: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
  answered.length === 0 || !hasLint
    ? Effect.void
    : Effect.map(lint(answered), (faults) => assert.deepStrictEqual(faults, []))

const makePhone = (
  options: PhoneOptions,
  send: (request: Ask) => Effect.Effect<HttpAnswer>,
  keep: (document: Uint8Array) => Element
): Phone => {
  const raw = ({ headers, ...request }: Ask) =>
    send({ ...request, headers: { ...signIn(options), ...headers } })

  const post = (
    command: CommandName,
    { type, body, parameters }: { type: string; body: Uint8Array | null; parameters: Parameters }
  ) =>
    Effect.map(
      raw({
        path: `${folder}?${options.query === "plain" ? plainQuery(command, options, parameters) : base64Query(command, options, parameters)}`,
        headers: { ...headersOf(options), ...(body === null ? {} : { "content-type": type }) },
        body: body !== null && options.gzip ? gzipSync(body) : body
      }),
      (answer): PhoneAnswer => ({ ...answer, ...contentOf(answer, keep) })
    )

  return {
    options,
    but: (others) => makePhone({ ...options, ...others }, send, keep),
    ask: (command, document, parameters = {}) =>
      post(command, { type: wbxml, body: document === null ? null : encode(document), parameters }),
    askWithMime: (command, mime, parameters = {}) =>
      post(command, { type: "message/rfc822", body: mime, parameters }),
    askOptions: raw({ method: "OPTIONS", path: folder }),
    raw
  }
}

const signIn = ({ address, password, userAgent }: PhoneOptions) => ({
  authorization: `Basic ${Buffer.from(`${address}:${password}`).toString("base64")}`,
  "user-agent": userAgent
})

/** Version, key and multipart stand in a base64 query. */
const headersOf = ({ query, version, policyKey, multipart, gzip, language }: PhoneOptions) => ({
  ...(query === "base64" ? {} : { "ms-asprotocolversion": version }),
  ...(query === "base64" || policyKey === null ? {} : { "x-ms-policykey": policyKey }),
  ...(query === "plain" && multipart ? { "ms-asacceptmultipart": "T" } : {}),
  ...(gzip ? { "accept-encoding": "gzip", "content-encoding": "gzip" } : {}),
  ...(language === null ? {} : { "accept-language": language })
})

const contentOf = (
  { headers, body }: HttpAnswer,
  keep: (document: Uint8Array) => Element
): Pick<PhoneAnswer, "document" | "parts"> => {
  switch (headers["content-type"]) {
    case wbxml:
      return { document: keep(body), parts: [] }
    case "application/vnd.ms-sync.multipart": {
      const [document = Buffer.alloc(0), ...parts] = partsOf(body)
      return { document: keep(document), parts }
    }
    default:
      return { document: null, parts: [] }
  }
}

/** MS-ASCMD 2.2.1.10.1.1. */
const partsOf = (body: Buffer): ReadonlyArray<Buffer> =>
  Array.from({ length: body.readUInt32LE(0) }, (_, index) => {
    const offset = body.readUInt32LE(4 + 8 * index)
    return body.subarray(offset, offset + body.readUInt32LE(8 + 8 * index))
  })
