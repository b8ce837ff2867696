import { Effect } from "effect"
import { mailboxNumber } from "../support/actors.ts"
import { layerMailboxesPg, newMailbox } from "../support/mailboxesPg.ts"
import { layerMemory } from "../support/mailboxStoreMemory.ts"
import { mailboxStoreSuite } from "./mailboxStore.ts"

mailboxStoreSuite("memory", {
  layer: layerMemory([mailboxNumber(1)]),
  newMailbox: Effect.succeed(mailboxNumber(1))
})

mailboxStoreSuite("Postgres", { layer: layerMailboxesPg, newMailbox })
