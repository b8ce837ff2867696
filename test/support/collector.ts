import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Runtime, type Scope, Stream, SubscriptionRef } from "effect"
import type { OtlpSpan } from "../../src/observability/RecordedSpan.ts"

/** A collector of traces in memory: OTLP over HTTP, in JSON. */
export interface Collector {
  readonly url: string
  readonly spans: Effect.Effect<ReadonlyArray<OtlpSpan>>
  /** Waits until so many have come of each name. */
  readonly until: (count: number, ...names: ReadonlyArray<string>) => Effect.Effect<void>
  /** Everything it was sent, as text. */
  readonly received: Effect.Effect<string>
  /** How it answers from now on; `silent` takes requests and never answers. */
  answers: "ok" | "busy" | "silent"
}

interface Body {
  readonly resourceSpans: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<OtlpSpan> }>
  }>
}

/** Listens until the scope closes; on a port of its own choice, or a given one. */
export const collecting = (port = 0): Effect.Effect<Collector, never, Scope.Scope> =>
  Effect.gen(function* () {
    const runSync = Runtime.runSync(yield* Effect.runtime<never>())
    const texts: Array<string> = []
    const spans = yield* SubscriptionRef.make<ReadonlyArray<OtlpSpan>>([])
    const take = (text: string) => {
      const body: Body = JSON.parse(text)
      texts.push(text)
      const news = body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
      runSync(SubscriptionRef.update(spans, (all) => [...all, ...news]))
    }
    const server = createServer((request, response) => {
      const pieces: Array<Buffer> = []
      request.on("data", (piece: Buffer) => pieces.push(piece))
      request.on("end", () => {
        const isRight = request.url === "/v1/traces" && request.headers["content-type"] === "application/json"
        if (collector.answers === "silent") return
        if (collector.answers === "busy" || !isRight) return response.writeHead(isRight ? 503 : 400).end()
        take(Buffer.concat(pieces).toString())
        return response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(port, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const collector: Collector = {
      url: `http://127.0.0.1:${portOf(server.address(), port)}`,
      spans: SubscriptionRef.get(spans),
      until: (count, ...names) =>
        spans.changes.pipe(
          Stream.filter((all) =>
            names.every((wanted) => all.filter(({ name }) => name === wanted).length >= count)
          ),
          Stream.runHead,
          Effect.timeoutFail({
            duration: "30 seconds",
            onTimeout: () => `fewer than ${count} spans of ${names.join(", ")}`
          }),
          Effect.orDie,
          Effect.asVoid
        ),
      received: Effect.sync(() => texts.join("\n")),
      answers: "ok"
    }
    return collector
  })

const portOf = (address: AddressInfo | string | null, wanted: number): number =>
  typeof address === "object" && address !== null ? address.port : wanted

/** A span with what happened in it, in the order in which that began. */
export interface Tree {
  readonly span: OtlpSpan
  readonly children: ReadonlyArray<Tree>
}

/** The trees of some spans; a span whose parent is not among them is a root. */
export const treesOf = (spans: ReadonlyArray<OtlpSpan>): ReadonlyArray<Tree> => {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const inOrder = spans.toSorted((one, other) =>
    BigInt(one.startTimeUnixNano) < BigInt(other.startTimeUnixNano) ? -1 : 1
  )
  const tree = (span: OtlpSpan): Tree => ({
    span,
    children: inOrder.filter(({ parentSpanId }) => parentSpanId === span.spanId).map(tree)
  })
  return inOrder.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId)).map(tree)
}

/** One line per span, indented by depth. */
export const outline = (trees: ReadonlyArray<Tree>, depth = 0): ReadonlyArray<string> =>
  trees.flatMap(({ span, children }) => [
    `${"  ".repeat(depth)}${span.name}`,
    ...outline(children, depth + 1)
  ])

/** What a span says under that name. */
export const said = (span: OtlpSpan | undefined, name: string): string | undefined => {
  const value = span?.attributes.find(({ key }) => key === name)?.value
  return value === undefined ? undefined : String(Object.values(value)[0])
}
