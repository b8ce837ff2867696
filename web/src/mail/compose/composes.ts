import type { MessageId } from "../../../../src/domain/ids.ts"
import { makeStore } from "../../shell/store.ts"

/** What somebody wants to write. */
export type ComposeWish =
  | { readonly kind: "new" }
  | { readonly kind: "reply" | "replyAll" | "forward"; readonly messageId: MessageId }
  /** Goes on with a draft. */
  | { readonly kind: "draft"; readonly messageId: MessageId }
  /** An address of RFC 6068. */
  | { readonly kind: "mailto"; readonly href: string }

/** What is being written, each under a number of this page. */
export const composes = makeStore<ReadonlyArray<{ readonly id: number; readonly wish: ComposeWish }>>([])

let last = 0

export const openCompose = (wish: ComposeWish): void =>
  composes.set([...composes.get(), { id: ++last, wish }])
