import { ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import { Unavailable } from "../../../src/domain/errors.ts"
import { Sessions, type SignedIn } from "../../../src/identity/Sessions.ts"
import { UserPreferences } from "../../../src/identity/UserPreferences.ts"
import { Health } from "../../../src/observability/health.ts"
import { HttpServer } from "../../../src/protocols/http/HttpServer.ts"
import * as owa from "../../../src/protocols/owa/OwaServer.ts"
import { Admin } from "../../../src/rpc/Admin.ts"
import { Core, type CoreMethods } from "../../../src/rpc/Core.ts"
import { Devices, type DevicesMethods, type OwnDeviceMethods } from "../../../src/rpc/Devices.ts"
import { People, type PeopleMethods } from "../../../src/rpc/People.ts"
import { Writing, type WritingMethods } from "../../../src/rpc/Writing.ts"
import { alice } from "../alice.ts"
import type { Settings } from "../platform.ts"

export const aliceCookie = "session=alice"
export const signedIn: SignedIn = { ...alice, sessionId: "eeeeeeee-0000-4000-8000-000000000001" }

export interface OwaEdge {
  readonly port: number
  /** By the whole Cookie field. */
  readonly sessions: Map<string, SignedIn>
  /** Nobody can be asked who it is. */
  readonly lose: () => void
  /** All sessions end. */
  readonly signOut: Effect.Effect<void>
  /** How often somebody was there, by session. */
  readonly uses: ReadonlyArray<string>
  readonly stop: Effect.Effect<void>
}

/** Calls that a test does not expect are bugs of the server's, which is a test, too. */
const nothing: CoreMethods = new Proxy(Object.create(null), {
  get: (_, name) => () => Effect.dieMessage(`${String(name)} was not expected`)
})

const noDevices: OwnDeviceMethods = Object.create(null)

/** What there is of the services about the person themselves; the rest is a bug to call. */
export interface AccountTwins {
  readonly sessions?: Partial<Sessions["Type"]>
  readonly preferences?: Partial<UserPreferences["Type"]>
  readonly devices?: Partial<DevicesMethods>
  readonly admin?: Partial<Admin["Type"]>
  readonly people?: Partial<PeopleMethods>
  readonly writing?: Partial<WritingMethods>
}

/** Web mail's edge for alice, with these calls behind it; stops with the scope. */
export const owaEdge = (
  core: Partial<CoreMethods>,
  settings: Settings = {},
  services: AccountTwins = {}
): Effect.Effect<OwaEdge, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sessions = new Map<string, SignedIn>([[aliceCookie, signedIn]])
    const uses: Array<string> = []
    const end = yield* Effect.makeLatch(false)
    let isLost = false
    const authenticate = (cookie: string | undefined) =>
      Effect.suspend(() =>
        isLost ? new Unavailable({ what: "storage" }) : Effect.succeed(sessions.get(cookie ?? "") ?? null)
      )
    const used = (sessionId: string) => Effect.sync(() => void uses.push(sessionId))
    const methods = new Proxy(nothing, {
      get: (target, name) => Reflect.get(core, name) ?? Reflect.get(target, name)
    })
    const server = Layer.unwrapEffect(
      Effect.map(owa.OwaServer, ({ upgrade, handle, stop }) =>
        HttpServer.layer({
          host: "127.0.0.1",
          httpPort: 0,
          httpsPort: 0,
          tls: null,
          mounts: [handle],
          upgrades: [upgrade],
          stopping: stop
        })
      )
    )
    const context = yield* Layer.build(
      server.pipe(
        Layer.provideMerge(owa.layer),
        Layer.provide(Layer.succeed(Core, methods)),
        Layer.provide(
          Layer.mergeAll(
            Layer.mock(Sessions, { authenticate, ended: () => end.await, used, ...services.sessions }),
            Layer.mock(UserPreferences, services.preferences ?? {}),
            Layer.mock(Devices, { own: noDevices, ...services.devices }),
            Layer.mock(Admin, services.admin ?? {}),
            Layer.mock(People, services.people ?? {}),
            Layer.mock(Writing, services.writing ?? {}),
            Health.layer
          )
        )
      )
    )
    return {
      port: Context.get(context, HttpServer).httpPort,
      sessions,
      lose: () => {
        isLost = true
      },
      uses,
      signOut: end.open,
      stop: Context.get(context, owa.OwaServer).stop
    }
  }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))), Effect.orDie)
