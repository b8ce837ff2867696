import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Either, Layer } from "effect"
import { type Credentials, layer, MutualTls } from "../../../../src/identity/tls/MutualTls.ts"
import { mailboxNumber } from "../../../support/actors.ts"
import { deployment, selfSigned } from "../../../support/certificate.ts"
import { makeOwnerTwin, stateAt } from "../../../support/ownerTwin.ts"
import { calling, serve } from "../../../support/remote.ts"
import { peerSuite } from "./peers.ts"

const fixed = (credentials: Credentials) => ({ current: () => credentials, onRotation: () => Effect.void })

const ours = Effect.runSync(Effect.cached(deployment("ours")))
const credentials = Effect.runSync(
  Effect.cached(
    Effect.map(
      Effect.flatMap(ours, (known) => known.credentials),
      fixed
    )
  )
)

const mailbox = mailboxNumber(1)

describe("another runner over mutual TLS", () => {
  peerSuite(Effect.map(credentials, (tls) => ({ tls })))
})

describe("a runner with certificates", () => {
  const outcomeFor = (tls: ReturnType<typeof fixed> | null) =>
    Effect.gen(function* () {
      const port = yield* serve(makeOwnerTwin().mailboxes, { tls: yield* credentials })
      const peer = (yield* calling({ tls })).at(`127.0.0.1:${port}`)
      return yield* Effect.either(peer.state(mailbox))
    })
  const refused = (outcome: Effect.Effect.Success<ReturnType<typeof outcomeFor>>) =>
    assert.deepInclude(Either.getOrThrow(Either.flip(outcome)), { _tag: "PeerAway", isOpen: false })

  it.scopedLive("lets nobody in without one", () => Effect.map(outcomeFor(null), refused))

  it.scopedLive("lets nobody in with one of another authority", () =>
    Effect.gen(function* () {
      const theirs = yield* (yield* deployment("theirs")).credentials
      const { ca } = yield* ours
      refused(yield* outcomeFor(fixed({ ...theirs, ca })))
    })
  )

  it.scopedLive("lets nobody in with one that vouches for itself", () =>
    Effect.gen(function* () {
      const { ca } = yield* ours
      refused(yield* outcomeFor(fixed({ ...(yield* selfSigned("a runner")), ca })))
    })
  )

  it.scopedLive("is not called by those that trust another authority", () =>
    Effect.gen(function* () {
      const { ca } = yield* deployment("theirs")
      const { current } = yield* credentials
      refused(yield* outcomeFor(fixed({ ...current(), ca })))
    })
  )

  it.scopedLive("listens on any address", () =>
    Effect.gen(function* () {
      const tls = yield* credentials
      const port = yield* serve(makeOwnerTwin().mailboxes, { tls, host: "0.0.0.0" })
      const peer = (yield* calling({ tls })).at(`127.0.0.1:${port}`)
      assert.deepStrictEqual(yield* peer.state(mailbox), stateAt(mailbox, 7))
    })
  )
})

describe("a runner without certificates", () => {
  it.scopedLive("listens to its own machine alone", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(serve(makeOwnerTwin().mailboxes, { host: "0.0.0.0" }))
      assert.match(
        error.message,
        /^Calls of other runners are not taken on 0\.0\.0\.0 without certificates: set /
      )
      yield* serve(makeOwnerTwin().mailboxes, { host: "127.0.0.1" })
    })
  )
})

describe("certificates between processes", () => {
  const configured = (names: ReadonlyArray<"KEY" | "CERT" | "CA">) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const { cert, key, ca } = (yield* credentials).current()
      const texts = { KEY: key, CERT: cert, CA: ca }
      for (const name of names) yield* fs.writeFileString(`${folder}/${name}`, texts[name])
      const settings = names.map((name) => [`POSTROOM_REMOTE_TLS_${name}`, `${folder}/${name}`] as const)
      const context = yield* Layer.build(
        Layer.provide(layer, Layer.setConfigProvider(ConfigProvider.fromMap(new Map(settings))))
      )
      return Context.get(context, MutualTls)?.current() ?? null
    }).pipe(Effect.provide(NodeContext.layer))

  it.scoped("come from three files", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* configured(["KEY", "CERT", "CA"]), (yield* credentials).current())
      assert.isNull(yield* configured([]))
    })
  )

  it.scoped("are not taken where one of the files is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(configured(["KEY", "CERT"]))
      assert.match(String(error), /POSTROOM_REMOTE_TLS_CA are set together or not at all/)
    })
  )
})
