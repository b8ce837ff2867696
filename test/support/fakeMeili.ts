import { createServer, type IncomingMessage } from "node:http"
import { Effect, Schema, type Scope } from "effect"

/** As much of Meilisearch as we use, and as strict: what it would not understand it refuses. */
export interface FakeMeili {
  readonly url: string
  /** Searches that were asked for, as they came. */
  readonly searches: Array<typeof Query.Type>
  readonly indexes: Map<string, Map<string, typeof Document.Type>>
  /** It answers 503 then. */
  isAway: boolean
}

const Document = Schema.Struct({
  id: Schema.String.pipe(Schema.pattern(/^[\w-]{1,511}$/)),
  mailbox: Schema.String,
  message: Schema.Number,
  at: Schema.Number,
  size: Schema.Number,
  attachment: Schema.Boolean,
  words: Schema.String,
  forms: Schema.String
})

const Query = Schema.Struct({
  indexUid: Schema.String,
  q: Schema.String,
  attributesToSearchOn: Schema.Array(Schema.Literal("words", "forms")),
  filter: Schema.Array(Schema.String),
  sort: Schema.Tuple(Schema.Literal("at:desc"), Schema.Literal("message:desc")),
  limit: Schema.Number,
  matchingStrategy: Schema.Literal("all")
})

type Stored = typeof Document.Type

const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  "=": (a, b) => a === b,
  "<": (a, b) => Number(a) < Number(b),
  ">": (a, b) => Number(a) > Number(b),
  ">=": (a, b) => Number(a) >= Number(b)
}

/** `a`, `a AND b`, `a OR (b AND c)` of comparisons. */
const passes = (filter: string, document: Stored): boolean => {
  const fields: Readonly<Record<string, unknown>> = document
  return filter.split(" OR ").some((way) =>
    way
      .replace(/^\((.*)\)$/, "$1")
      .split(" AND ")
      .every((part) => {
        const [, name = "", operator = "", value = ""] =
          /^(mailbox|message|at|size|attachment) (=|<|>|>=) ("[\w-]+"|\d+|true)$/.exec(part) ?? []
        const compare = comparisons[operator]
        if (compare === undefined) throw new Error(`not a filter: ${part}`)
        return compare(fields[name], JSON.parse(value))
      })
  )
}

const tokens = (text: string) => text.split(/\s+/).filter((token) => token !== "")

/** Words and phrases of a query; of more than ten words the others are forgotten. */
const matches = ({ q, attributesToSearchOn }: typeof Query.Type, document: Stored): boolean => {
  const texts = attributesToSearchOn.map((name) => tokens(document[name]))
  const parts = [...q.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, phrase, word]) => ({ phrase, word: word ?? "" }))
    .slice(0, 10)
  const isOpen = (n: number) => n === parts.length - 1 && !q.endsWith(" ") && !q.endsWith('"')
  return parts.every(({ phrase, word }, n) =>
    texts.some((text) =>
      phrase === undefined
        ? text.some((one) => one === word || (isOpen(n) && one.startsWith(word)))
        : ` ${text.join(" ")} `.includes(` ${tokens(phrase).join(" ")} `)
    )
  )
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const pieces: Array<Buffer> = []
  for await (const piece of request) pieces.push(Buffer.from(piece))
  const text = Buffer.concat(pieces).toString()
  return text === "" ? null : JSON.parse(text)
}

const decode = {
  index: Schema.decodeUnknownSync(Schema.Struct({ uid: Schema.String, primaryKey: Schema.Literal("id") })),
  documents: Schema.decodeUnknownSync(Schema.Array(Document)),
  ids: Schema.decodeUnknownSync(Schema.Array(Schema.String)),
  filter: Schema.decodeUnknownSync(Schema.Struct({ filter: Schema.String })),
  searches: Schema.decodeUnknownSync(Schema.Struct({ queries: Schema.Array(Query) }))
}

export const fakeMeili: Effect.Effect<FakeMeili, never, Scope.Scope> = Effect.gen(function* () {
  const indexes: FakeMeili["indexes"] = new Map()
  const searches: FakeMeili["searches"] = []
  const failed = new Map<number, string>()
  let tasks = 0
  const task = (error?: string) => {
    tasks += 1
    if (error !== undefined) failed.set(tasks, error)
    return { taskUid: tasks }
  }
  const documentsOf = (uid: string) => {
    const found = indexes.get(uid)
    if (found === undefined) throw new Error(`no index ${uid}`)
    return found
  }

  const search = (query: typeof Query.Type) => {
    searches.push(query)
    const hits = [...documentsOf(query.indexUid).values()]
      .filter(
        (document) => query.filter.every((filter) => passes(filter, document)) && matches(query, document)
      )
      .sort((a, b) => b.at - a.at || b.message - a.message)
      .slice(0, query.limit)
      .map(({ mailbox, message, at }) => ({ mailbox, message, at }))
    return { hits }
  }

  const changes: Readonly<Record<string, (documents: Map<string, Stored>, body: unknown) => void>> = {
    settings: () => undefined,
    documents: (documents, body) => {
      for (const one of decode.documents(body)) documents.set(one.id, one)
    },
    "documents/delete-batch": (documents, body) => {
      for (const id of decode.ids(body)) documents.delete(id)
    },
    "documents/delete": (documents, body) => {
      const { filter } = decode.filter(body)
      for (const [id, one] of documents) if (passes(filter, one)) documents.delete(id)
    }
  }

  const change = (path: string, body: unknown) => {
    const [, uid = "", what = ""] = /^\/indexes\/([\w-]+)\/(.+)$/.exec(path) ?? []
    const make = changes[what]
    if (make === undefined) throw new Error(`no such path: ${path}`)
    make(documentsOf(uid), body)
    return task()
  }

  const answer = (method: string, path: string, body: unknown): unknown => {
    if (method === "GET") {
      const code = failed.get(Number(/^\/tasks\/(\d+)$/.exec(path)?.[1]))
      return code === undefined ? { status: "succeeded", error: null } : { status: "failed", error: { code } }
    }
    if (path === "/multi-search") return { results: decode.searches(body).queries.map(search) }
    if (path !== "/indexes") return change(path, body)
    const { uid } = decode.index(body)
    if (indexes.has(uid)) return task("index_already_exists")
    indexes.set(uid, new Map())
    return task()
  }

  const fake = { searches, indexes, isAway: false }
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => {
        if (fake.isAway) return response.writeHead(503).end("{}")
        return response.end(JSON.stringify(answer(request.method ?? "", request.url ?? "", body)))
      })
      .catch((error: unknown) => response.writeHead(400).end(JSON.stringify({ message: String(error) })))
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
