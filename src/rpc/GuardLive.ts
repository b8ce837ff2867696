import { type ConfigError, Effect, Layer } from "effect"
import { Acl } from "../storage/acl/Acl.ts"
import { Audit } from "../storage/audit/Audit.ts"
import { MailboxReader } from "../storage/mailbox/MailboxReader.ts"
import { CoreConfig } from "./CoreConfig.ts"
import { Guard, makeGuard } from "./guard.ts"

export const layer: Layer.Layer<Guard, ConfigError.ConfigError, Acl | Audit | MailboxReader> = Layer.effect(
  Guard,
  Effect.gen(function* () {
    const { maxBatch, operatorReadsMail, auditsReads } = yield* CoreConfig
    return makeGuard({
      acl: yield* Acl,
      audit: yield* Audit,
      reader: yield* MailboxReader,
      maxBatch,
      operatorReadsMail,
      auditsReads
    })
  })
)
