import type { MessageInitShape } from "@bufbuild/protobuf"
import { timestampFromMs } from "@bufbuild/protobuf/wkt"
import { Code, ConnectError } from "@connectrpc/connect"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  type ListByDateRequestSchema,
  MessageFilter
} from "../../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { summary } from "../../support/alice.ts"
import { alice, makeWorld } from "./fakes.ts"
import { clientOf, serving } from "./serving.ts"

type Request = MessageInitShape<typeof ListByDateRequestSchema>

const FLAGGED = MessageFilter.FLAGGED

/** Five flagged messages, the third of them the newest, and one that is not. */
const listing = Effect.gen(function* () {
  const world = makeWorld()
  const seconds = [10, 20, 50, 30, 40, 60]
  for (const [at, second] of seconds.entries())
    world
      .box(alice)
      .messages.set(
        at + 1,
        summary(at + 1, { receivedAt: second * 1_000, flags: second === 60 ? [] : ["\\Flagged"] })
      )
  const client = clientOf(yield* serving(world), "gRPC")
  const ask = (request: Request) =>
    Effect.tryPromise({
      try: () => client.listByDate({ folderId: 1n, pageSize: 2, filter: FLAGGED, ...request }),
      catch: ConnectError.from
    })
  const list = (request: Request = {}) => Effect.orDie(ask(request))
  return { ask, list }
})

const ids = ({ messages }: { readonly messages: ReadonlyArray<{ readonly id: bigint }> }) =>
  messages.map(({ id }) => Number(id))

const token = (value: string): Request => ({ start: { case: "pageToken", value } })

describe("a list by date over the wire", () => {
  it.scopedLive("is walked down and up again by tokens", () =>
    Effect.gen(function* () {
      const { list } = yield* listing
      const first = yield* list()
      const second = yield* list(token(first.olderPageToken))
      const third = yield* list(token(second.olderPageToken))
      assert.deepStrictEqual([first, second, third].map(ids), [[3, 5], [4, 2], [1]])
      assert.deepStrictEqual([first.newerPageToken, third.olderPageToken], ["", ""])
      assert.deepStrictEqual([first.total, first.skipped, second.total], [5n, 0n, undefined])
      const back = yield* list(token(third.newerPageToken))
      assert.deepStrictEqual(ids(back), [4, 2])
      const top = yield* list(token(back.newerPageToken))
      assert.deepStrictEqual([ids(top), top.newerPageToken], [[3, 5], ""])
    })
  )

  it.scopedLive("begins at a number or at a date; beyond its end it is its last page", () =>
    Effect.gen(function* () {
      const { list } = yield* listing
      const at = (skip: bigint) => list({ start: { case: "skip", value: skip } })
      const dated = (second: number) =>
        list({ start: { case: "receivedBefore", value: timestampFromMs(second * 1_000) } })
      assert.deepStrictEqual(ids(yield* at(1n)), [5, 4])
      const middle = yield* dated(30)
      assert.deepStrictEqual([ids(middle), middle.skipped], [[2, 1], 3n])
      for (const last of [yield* at(100n), yield* dated(1)])
        assert.deepStrictEqual([ids(last), last.skipped, last.olderPageToken], [[2, 1], 3n, ""])
    })
  )

  it.scopedLive("refuses what is no place in it", () =>
    Effect.gen(function* () {
      const { ask, list } = yield* listing
      const { olderPageToken } = yield* list()
      const bad: ReadonlyArray<Request> = [
        { start: { case: "skip", value: 2n ** 60n } },
        { ...token(olderPageToken), filter: MessageFilter.UNREAD },
        { ...token(olderPageToken), folderId: 2n },
        token("AAAA"),
        token(Buffer.from("1:list-1-2:<1,x").toString("base64url"))
      ]
      for (const request of bad)
        assert.strictEqual((yield* Effect.flip(ask(request))).code, Code.InvalidArgument)
      assert.strictEqual((yield* Effect.flip(ask({ folderId: 9n }))).code, Code.NotFound)
    })
  )
})
