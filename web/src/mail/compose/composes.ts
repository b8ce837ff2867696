import type { MessageId } from "../../../../src/domain/ids.ts"
import { makeStore, type Store } from "../../shell/store.ts"
import { newId } from "./newId.ts"

/** What somebody wants to write. */
export type ComposeWish =
  | { readonly kind: "new" }
  | { readonly kind: "reply" | "replyAll" | "forward"; readonly messageId: MessageId }
  | { readonly kind: "draft"; readonly messageId: MessageId }
  /** RFC 6068 */
  | { readonly kind: "mailto"; readonly href: string }

/** A message that is being written. */
export interface Compose {
  readonly key: string
  /** Kept: what this browser has of one that was open when its page ended. */
  readonly wish: ComposeWish | { readonly kind: "kept" }
}

/** Those that are open, the oldest first: they stay where they are, and with them the focus. */
export const composes: Store<ReadonlyArray<Compose>> = makeStore<ReadonlyArray<Compose>>([])

/** The one that is seen where there is room for one. */
export const topCompose: Store<string | null> = makeStore<string | null>(null)

/** Below the message that is read: an answer to it is written there. */
export const composeSlot: Store<{ readonly messageId: MessageId; readonly element: HTMLElement } | null> =
  makeStore<{ readonly messageId: MessageId; readonly element: HTMLElement } | null>(null)

/** Opens a window; or brings the one that has just this open to the top. */
export const openCompose = (wish: ComposeWish): void => {
  const same = composes.get().find((compose) => isSame(compose.wish, wish))
  const key = same?.key ?? newId()
  if (same === undefined) composes.set([...composes.get(), { key, wish }])
  bringToTop(key)
}

/** Opens what this browser has kept under `key`. */
export const reopenCompose = (key: string): void => {
  if (!composes.get().some((compose) => compose.key === key))
    composes.set([...composes.get(), { key, wish: { kind: "kept" } }])
}

export const closeCompose = (key: string): void =>
  composes.set(composes.get().filter((compose) => compose.key !== key))

export const bringToTop = (key: string): void => topCompose.set(key)

const isSame = (a: Compose["wish"], b: ComposeWish): boolean =>
  a.kind === b.kind && "messageId" in a && "messageId" in b && a.messageId === b.messageId
