import { Effect, Layer } from "effect"
import { type Ask, Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import * as RouterLocal from "../../src/actors/mailbox/RouterLocal.ts"
import { Ownership } from "../../src/actors/sharding/Ownership.ts"
import { ShardCosts } from "../../src/actors/sharding/ShardCosts.ts"
import type { Command } from "../../src/domain/Command.ts"
import { CorrelationId, Epoch, MailboxId, OperationId } from "../../src/domain/ids.ts"
import { MailboxStore } from "../../src/storage/mailbox/MailboxStore.ts"
import { OutboxBell } from "../../src/storage/outbox/OutboxBell.ts"

export const mailboxNumber = (n: number): MailboxId =>
  MailboxId(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`)

/** Owns everything, under one epoch. */
export const ownershipAt = (epoch: number): Layer.Layer<Ownership> =>
  Layer.succeed(Ownership, {
    shardCount: 256,
    epochOf: () => Effect.succeed(Epoch(epoch)),
    holds: () => true,
    owns: () => true,
    isSure: () => true,
    lost: () => Effect.void,
    whenGone: () => undefined
  })

export type Store = MailboxStore["Type"]

/** A store of which a test replaces some methods. */
export const withStore = (change: (store: Store) => Partial<Store>) =>
  Layer.effect(
    MailboxStore,
    Effect.map(MailboxStore, (store) => ({ ...store, ...change(store) }))
  )

export const routerOn = <E, R>(store: Layer.Layer<MailboxStore, E, R>, epoch = 1) =>
  RouterLocal.layer.pipe(
    Layer.provide(Layer.mergeAll(store, ownershipAt(epoch), OutboxBell.layer, ShardCosts.layer))
  )

export const asking = (command: Command, overrides: Partial<Ask> = {}): Ask => ({
  mailboxId: mailboxNumber(1),
  command,
  origin: "test",
  correlationId: CorrelationId("test"),
  operationId: null,
  ...overrides
})

export const ask = (command: Command, overrides: Partial<Ask> = {}) =>
  Effect.flatMap(Router, (router) => router.ask(asking(command, overrides)))

export const operation = (name: string) => ({ operationId: OperationId(name) })
