import type { View } from "../mailbox/decide/View.ts"
import type { SyncMaterial } from "./material.ts"

/** What a decision about a device may look at. */
export interface KnownView extends View {
  readonly sync: SyncMaterial
}
