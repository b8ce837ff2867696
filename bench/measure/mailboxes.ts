import { randomUUID } from "node:crypto"
import { NodeContext } from "@effect/platform-node"
import { ConfigProvider, Effect, Layer } from "effect"
import * as RouterLocal from "../../src/actors/mailbox/RouterLocal.ts"
import { Ownership } from "../../src/actors/sharding/Ownership.ts"
import { ShardCosts } from "../../src/actors/sharding/ShardCosts.ts"
import { BlobKey, ContentId, MailboxId } from "../../src/domain/ids.ts"
import type { NewMessage } from "../../src/domain/Message.ts"
import { Health } from "../../src/observability/health.ts"
import { ShardEpochs } from "../../src/storage/cluster/ShardEpochs.ts"
import * as database from "../../src/storage/database.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import { OutboxBell } from "../../src/storage/outbox/OutboxBell.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"

/** Actors over a Postgres of their own in `dataFolder`, without the edges and workers around them. */
export const layerActors = (dataFolder: string) =>
  RouterLocal.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(MailboxStorePg.layer, Ownership.layerSingle, OutboxBell.layer, ShardCosts.layer)
    ),
    Layer.provideMerge(Layer.merge(ShardEpochs.layer, Health.layer)),
    Layer.provideMerge(database.layer(dataFolder)),
    Layer.provide(NodeContext.layer),
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map())))
  )

/** A tenant of its own with `count` users that have a mailbox but have never used it. */
export const makeUsers = (count: number) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const tenant = randomUUID()
    const ids = Array.from({ length: count }, () => randomUUID())
    yield* postgres.query(
      statement({ text: "INSERT INTO mail_state.tenants (id, name) VALUES ($1::uuid, $1::uuid::text)" }),
      [tenant]
    )
    yield* postgres.query(
      statement({
        text: `INSERT INTO mail_state.users (id, tenant_id, email)
          SELECT id, $1, id || '@bench.example' FROM unnest($2::uuid[]) AS id`
      }),
      [tenant, ids]
    )
    return ids.map((id) => MailboxId(id))
  })

/** A mail as ingest hands it on; every `n` another conversation. */
export const newMessage = (n: number, receivedAt: number): NewMessage => {
  const contentId = ContentId(randomUUID())
  return {
    contentId,
    blobKey: BlobKey(`blobs/bench/2026/01/01/${contentId}.eml`),
    checksum: "0".repeat(64),
    sizeBytes: 10_000,
    envelope: {
      subject: `Report ${n} of the week`,
      from: [{ name: "Somebody", address: `sender${n % 500}@example.net` }],
      sender: [],
      replyTo: [],
      to: [{ name: "", address: "user@bench.example" }],
      cc: [],
      bcc: [],
      sentAt: receivedAt,
      internetMessageId: `${n}.bench@example.net`,
      inReplyTo: [],
      references: n > 0 && n % 3 === 0 ? [`${n - 1}.bench@example.net`] : []
    },
    topic: `report ${n} of the week`,
    preview:
      "What this message begins with, as far as a list shows it, about a hundred characters and some more of them.",
    headers: { "list-id": "<bench.example.net>", importance: "normal" },
    hasAttachments: false,
    receivedAt
  }
}
