import { Context, Duration, Effect, Layer, Option, type Redacted, type Scope } from "effect"
import { Postgres } from "../../src/storage/postgres.ts"
import { makeCopy } from "../../src/storage/search/meili/copy.ts"
import { makeMeili } from "../../src/storage/search/meili/Meili.ts"
import type { MeiliSettings } from "../../src/storage/search/meili/MeiliConfig.ts"
import * as SearchMeili from "../../src/storage/search/meili/SearchMeili.ts"
import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import { Search } from "../../src/storage/search/Search.ts"
import { SearchMirror } from "../../src/storage/search/SearchMirror.ts"
import { fakeMeili } from "./fakeMeili.ts"
import { layerSearchWorld } from "./searchWorld.ts"
import { makeTcpProxy, type TcpProxy } from "./tcpProxy.ts"

export const settingsOf = (
  url: string,
  key: Option.Option<Redacted.Redacted> = Option.none()
): MeiliSettings => ({ url, key: Effect.succeed(key), deadline: Duration.seconds(5) })

/** A copy that is there when `index` returns. */
export const layerCopied = (settings: MeiliSettings): Layer.Layer<SearchMirror, never, Postgres> =>
  Layer.effect(
    SearchMirror,
    Effect.map(Postgres, (postgres) => {
      const copy = makeCopy(makeMeili(settings), postgres)
      return SearchMirror.of({
        follow: (mailboxId) =>
          Effect.orDie(Effect.repeat(copy([mailboxId]), { until: (idle) => idle.length > 0 }))
      })
    })
  )

/** Meilisearch in front of Postgres, and its copies. */
export const layerMeili = (settings: MeiliSettings) =>
  Layer.merge(SearchMeili.layerOver(settings, SearchPg.layer), layerCopied(settings))

/** A server for tests, real or not. */
export interface MeiliServer {
  readonly settings: MeiliSettings
  /** Removes an index as a server does that loses its disk. */
  readonly lose: (uid: string) => Effect.Effect<void>
}

export class MeiliHere extends Context.Tag("test/MeiliHere")<
  MeiliHere,
  MeiliServer & {
    readonly proxy: TcpProxy
    /** Searches that Postgres had to answer, other than for newer mail. */
    readonly leftToPostgres: () => number
  }
>() {}

export const fakeServer: Effect.Effect<MeiliServer, never, Scope.Scope> = Effect.map(fakeMeili, (fake) => ({
  settings: settingsOf(fake.url),
  lose: (uid) => Effect.sync(() => void fake.indexes.delete(uid))
}))

/** Mailboxes and a server with a proxy before it, which is given up after the deadline of its settings, or this one. */
export const layerMeiliWorld = (
  server: Effect.Effect<MeiliServer, never, Scope.Scope>,
  deadline?: Duration.Duration
) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const { settings, lose } = yield* server
      const { hostname, port } = new URL(settings.url)
      const proxy = yield* makeTcpProxy({ host: hostname, port: Number(port) })
      const proxied = {
        ...settings,
        url: `http://127.0.0.1:${proxy.port}`,
        deadline: deadline ?? settings.deadline
      }
      let left = 0
      const counted = Layer.effect(
        Search,
        Effect.map(Search, ({ search }) => ({
          search: (mailboxId, request) =>
            Effect.suspend(() => {
              if (request.beyond === undefined) left += 1
              return search(mailboxId, request)
            })
        }))
      ).pipe(Layer.provide(SearchPg.layer))
      return Layer.mergeAll(
        SearchMeili.layerOver(proxied, counted),
        layerCopied(proxied),
        Layer.succeed(MeiliHere, { settings: proxied, lose, proxy, leftToPostgres: () => left })
      )
    })
  ).pipe(Layer.orDie, Layer.provideMerge(layerSearchWorld))
