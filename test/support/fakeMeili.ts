import { createServer, type IncomingMessage } from "node:http"
import { Effect, Schema, type Scope } from "effect"
import { FakeIndex, type MeiliSearch, Search, Stored } from "./fakeMeiliIndex.ts"

/** As much of Meilisearch 1.50 as we use, and as strict: what it would not understand it refuses. */
export interface FakeMeili {
  readonly url: string
  /** Searches that were asked for, as they came. */
  readonly searches: Array<MeiliSearch>
  readonly indexes: Map<string, FakeIndex>
  /** Of changes that were asked for, the paths. */
  readonly changes: Array<string>
  /** It answers 503 then. */
  isAway: boolean
  /** Whoever has another one is refused; null = nobody is. */
  key: string | null
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const pieces: Array<Buffer> = []
  for await (const piece of request) pieces.push(Buffer.from(piece))
  const text = Buffer.concat(pieces).toString()
  return text === "" ? null : JSON.parse(text)
}

const equalOnly = Schema.Struct({
  facetSearch: Schema.Literal(false),
  filter: Schema.Struct({ equality: Schema.Literal(true), comparison: Schema.Literal(false) })
})
const compared = Schema.Struct({
  facetSearch: Schema.Literal(false),
  filter: Schema.Struct({ equality: Schema.Literal(true), comparison: Schema.Literal(true) })
})

/** Those that the stand-in behaves by; with others it would have to behave otherwise. */
const Settings = Schema.Struct({
  searchableAttributes: Schema.Tuple(
    Schema.Literal("words"),
    Schema.Literal("more"),
    Schema.Literal("forms")
  ),
  filterableAttributes: Schema.Tuple(
    Schema.Struct({ attributePatterns: Schema.Array(Schema.String), features: equalOnly }),
    Schema.Struct({ attributePatterns: Schema.Array(Schema.String), features: compared })
  ),
  sortableAttributes: Schema.Tuple(Schema.Literal("at"), Schema.Literal("message")),
  displayedAttributes: Schema.Array(Schema.String),
  rankingRules: Schema.Tuple(Schema.Literal("sort")),
  typoTolerance: Schema.Struct({ enabled: Schema.Literal(false) }),
  proximityPrecision: Schema.Literal("byWord"),
  prefixSearch: Schema.Literal("indexingTime"),
  facetSearch: Schema.Literal(false),
  stopWords: Schema.Tuple(),
  synonyms: Schema.Struct({}),
  pagination: Schema.Struct({ maxTotalHits: Schema.Number }),
  searchCutoffMs: Schema.Number
})

const decode = {
  index: Schema.decodeUnknownSync(Schema.Struct({ uid: Schema.String, primaryKey: Schema.Literal("id") })),
  settings: Schema.decodeUnknownSync(Settings, { onExcessProperty: "error" }),
  documents: Schema.decodeUnknownSync(Schema.Array(Stored), { onExcessProperty: "error" }),
  ids: Schema.decodeUnknownSync(Schema.Array(Schema.String)),
  fetch: Schema.decodeUnknownSync(
    Schema.Struct({
      filter: Schema.String,
      fields: Schema.optional(Schema.Tuple(Schema.Literal("message"))),
      offset: Schema.optionalWith(Schema.Number, { default: () => 0 }),
      limit: Schema.Number
    }),
    { onExcessProperty: "error" }
  ),
  searches: Schema.decodeUnknownSync(
    Schema.Struct({
      queries: Schema.Array(Schema.extend(Search, Schema.Struct({ indexUid: Schema.String })))
    }),
    { onExcessProperty: "error" }
  )
}

/** What it says no to. */
class Refused extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

/** Of one server: its indexes, and how it answers. */
const makeAnswers = ({ searches, indexes, changes }: Pick<FakeMeili, "searches" | "indexes" | "changes">) => {
  const failed = new Map<number, string>()
  let made = 0
  let tasks = 0
  const task = (error?: string) => {
    tasks += 1
    if (error !== undefined) failed.set(tasks, error)
    return { taskUid: tasks }
  }
  const make = (uid: string): FakeIndex => {
    made += 1
    const index = new FakeIndex(`2026-01-01T00:00:00.${String(made).padStart(9, "0")}Z`)
    indexes.set(uid, index)
    return index
  }
  const known = (uid: string): FakeIndex => {
    const found = indexes.get(uid)
    if (found === undefined) throw new Refused(404, "index_not_found")
    return found
  }

  const steps: Readonly<Record<string, (index: FakeIndex, body: unknown) => void>> = {
    settings: (index, body) => index.set(decode.settings(body)),
    documents: (index, body) => index.put(decode.documents(body)),
    "documents/delete-batch": (index, body) => index.remove(decode.ids(body))
  }

  const change = (path: string, body: unknown) => {
    const [, uid = "", what = ""] = /^\/indexes\/([\w-]+)\/(.+)$/.exec(path) ?? []
    const step = steps[what]
    if (step === undefined) throw new Error(`no such path: ${path}`)
    changes.push(path)
    // A write makes the index that it is for, without any settings.
    step(indexes.get(uid) ?? (what === "documents" ? make(uid) : known(uid)), body)
    return task()
  }

  const get = (path: string) => {
    const [, uid] = /^\/indexes\/([\w-]+)$/.exec(path) ?? []
    if (uid !== undefined) return { uid, createdAt: known(uid).createdAt, primaryKey: "id" }
    const code = failed.get(Number(/^\/tasks\/(\d+)$/.exec(path)?.[1]))
    return code === undefined ? { status: "succeeded", error: null } : { status: "failed", error: { code } }
  }

  const create = (body: unknown) => {
    const { uid } = decode.index(body)
    if (indexes.has(uid)) return task("index_already_exists")
    make(uid)
    return task()
  }

  const search = (body: unknown) => ({
    results: decode.searches(body).queries.map(({ indexUid, ...asked }) => {
      searches.push(asked)
      return { hits: known(indexUid).search(asked) }
    })
  })

  const fetch = (index: FakeIndex, body: unknown) => {
    const { filter, offset, limit } = decode.fetch(body)
    const all = index.filtered([filter])
    return {
      results: all.slice(offset, offset + limit).map(({ message }) => ({ message })),
      total: all.length
    }
  }

  return (method: string, path: string, body: unknown): unknown => {
    if (method === "GET") return get(path)
    if (path === "/multi-search") return search(body)
    if (path === "/indexes") return create(body)
    const [, fetched] = /^\/indexes\/([\w-]+)\/documents\/fetch$/.exec(path) ?? []
    return fetched === undefined ? change(path, body) : fetch(known(fetched), body)
  }
}

export const fakeMeili: Effect.Effect<FakeMeili, never, Scope.Scope> = Effect.gen(function* () {
  const fake: Omit<FakeMeili, "url"> = {
    searches: [],
    indexes: new Map(),
    changes: [],
    isAway: false,
    key: null
  }
  const answer = makeAnswers(fake)
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => {
        if (fake.isAway) return response.writeHead(503).end("{}")
        if (fake.key !== null && request.headers.authorization !== `Bearer ${fake.key}`)
          throw new Refused(403, "invalid_api_key")
        return response.end(JSON.stringify(answer(request.method ?? "", request.url ?? "", body)))
      })
      .catch((error: unknown) => {
        const [status, code] = error instanceof Refused ? [error.status, error.code] : [400, "bad_request"]
        response.writeHead(status).end(JSON.stringify({ message: String(error), code }))
      })
  })
  const port = yield* Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  return Object.assign(fake, { url: `http://127.0.0.1:${port}` })
})
