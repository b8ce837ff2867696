import { randomUUID } from "node:crypto"
import { Clock, Effect, Layer } from "effect"
import { NotFound } from "../../domain/errors.ts"
import { Postgres } from "../postgres.ts"
import { Credentials } from "./Credentials.ts"
import { run, toToken, toUser } from "./rows.ts"
import * as sql from "./statements.ts"

const noUser = () => new NotFound({ what: "user" })

const make = Effect.gen(function* () {
  const query = run(yield* Postgres)
  return Credentials.of({
    byAddress: (address) =>
      Effect.map(query(sql.selectCredentials, [address]), ([row]) =>
        row === undefined ? null : { user: toUser(row), passwordHash: row.password_hash }
      ),
    setPassword: (userId, passwordHash) =>
      Effect.flatMap(query(sql.replacePassword, [userId, randomUUID(), passwordHash]), ([row]) =>
        row === undefined ? noUser() : Effect.void
      ),
    createToken: ({ userId, label, hash, expiresAt }) =>
      query(sql.insertToken, [randomUUID(), userId, label, hash, expiresAt], {
        credentials_user_id_fkey: noUser()
      }).pipe(Effect.flatMap(([row]) => (row === undefined ? noUser() : Effect.succeed(toToken(row))))),
    byTokenHash: (hash) =>
      Effect.gen(function* () {
        const [row] = yield* query(sql.selectByToken, [hash])
        if (row === undefined) return null
        const token = toToken(row)
        const isExpired = token.expiresAt !== null && token.expiresAt <= (yield* Clock.currentTimeMillis)
        return isExpired ? null : { user: toUser(row), token }
      }),
    tokens: (userId, { after, limit }) =>
      Effect.map(query(sql.selectTokens, [userId, after, limit]), (rows) => rows.map(toToken)),
    revokeToken: (userId, tokenId) =>
      Effect.map(query(sql.deleteToken, [userId, tokenId]), (rows) => rows.length > 0)
  })
})

export const layerCredentialsPg: Layer.Layer<Credentials, never, Postgres> = Layer.effect(Credentials, make)
