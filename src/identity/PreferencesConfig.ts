import { Config } from "effect"
import { setting } from "../settings/setting.ts"
import { atLeast, bytes, integer } from "../settings/types.ts"

/** How much people may keep as their preferences. */
export const PreferencesConfig = Config.all({
  signatureBytes: setting({
    name: "POSTROOM_OWA_SIGNATURE_BYTES",
    type: bytes,
    default: 20 * 1024,
    meaning: "Largest signature of web mail, as HTML.",
    check: atLeast(1024)
  }),
  maxSignatures: setting({
    name: "POSTROOM_OWA_SIGNATURES",
    type: integer,
    default: 10,
    meaning: "Signatures of one person in web mail.",
    check: atLeast(1)
  }),
  maxSenders: setting({
    name: "POSTROOM_OWA_SENDERS",
    type: integer,
    default: 1_000,
    meaning: "Senders that one person may trust in web mail, and as many that they may block.",
    check: atLeast(1)
  }),
  maxFavourites: setting({
    name: "POSTROOM_OWA_FAVOURITES",
    type: integer,
    default: 100,
    meaning: "Folders that one person may keep at the top of web mail.",
    check: atLeast(1)
  })
})

export type PreferencesLimits = Config.Config.Success<typeof PreferencesConfig>
