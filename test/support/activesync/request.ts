import { Effect } from "effect"
import { CorrelationId } from "../../../src/domain/ids.ts"
import type { Request } from "../../../src/protocols/activesync/Command.ts"
import { address, alice, mailboxId } from "../alice.ts"

/** A request of alice's phone as the HTTP layer hands it over: FolderSync without a body where nothing else is said. */
export const request = (parts: Partial<Request> = {}): Request => ({
  command: "FolderSync",
  version: "16.1",
  principal: alice,
  mailboxId,
  address,
  correlationId: CorrelationId("test"),
  remote: null,
  deviceId: "device1",
  deviceType: "SmartPhone",
  userAgent: "phone/1",
  policyKey: null,
  attachmentName: null,
  collectionId: null,
  itemId: null,
  longId: null,
  occurrence: null,
  saveInSent: false,
  acceptsMultipart: false,
  language: null,
  document: null,
  mime: null,
  gone: Effect.never,
  ...parts
})
