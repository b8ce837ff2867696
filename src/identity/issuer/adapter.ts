import { type Effect, Runtime } from "effect"
import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider"
import { InvalidGrant } from "oidc-provider/lib/helpers/errors.js"
import type { IssuedStore } from "../../storage/directory/IssuedStore.ts"

/** Where nothing says how long: longer than any sign-in lasts. */
const longest = 24 * 60 * 60

/** `oidc-provider`'s memory in `IssuedStore`, so that a sign-in may go over several edges. */
export const makeAdapter = (store: IssuedStore["Type"], runtime: Runtime.Runtime<never>): AdapterFactory => {
  const runPromise = <A, E>(effect: Effect.Effect<A, E>) => Runtime.runPromise(runtime)(effect)
  return (kind): Adapter => ({
    upsert: async (id, { jti: _isSecret, ...payload }, lastsSeconds = longest) => {
      const grantId = payload.grantId ?? null
      await runPromise(store.put({ kind, id, payload, grantId, lastsSeconds }))
    },
    find: async (id): Promise<AdapterPayload | undefined> => {
      const found = await runPromise(store.find({ kind, id }))
      if (found === null) return undefined
      const consumed = found.consumedAt === null ? {} : { consumed: Math.floor(found.consumedAt / 1000) }
      return { ...found.payload, jti: id, ...consumed }
    },
    findByUid: async (uid): Promise<AdapterPayload | undefined> =>
      (await runPromise(store.findByUid(kind, uid)))?.payload,
    consume: async (id) => {
      // It looked before, and so may have another edge.
      if (!(await runPromise(store.consume({ kind, id })))) throw new InvalidGrant("already consumed")
    },
    destroy: (id) => runPromise(store.remove({ kind, id })),
    revokeByGrantId: (grantId) => runPromise(store.removeGrant(grantId)),
    // Of the device flow, which is off.
    findByUserCode: () => Promise.resolve(undefined)
  })
}
