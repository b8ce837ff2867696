import type { Deed } from "./deeds.ts"

/** What a key of its own does, wherever no text is being written. Gmail's and Outlook's, where they agree or do not collide. */
export type KeyDeed =
  | Deed
  | "next"
  | "previous"
  | "open"
  | "back"
  | "undo"
  | "search"
  | "help"
  | "compose"
  | "reply"
  | "replyAll"
  | "forward"
  | "choose"
  | "goInbox"
  | "goDrafts"
  | "goSent"
  | "goArchive"
  | "goDeleted"

export interface KeyRule {
  readonly deed: KeyDeed
  /** Each of them: what `KeyboardEvent.key` says, `Ctrl+` for Control or Command; two after a blank come one after the other. */
  readonly keys: ReadonlyArray<string>
}

export const keyRules: ReadonlyArray<KeyRule> = [
  { deed: "next", keys: ["j"] },
  { deed: "previous", keys: ["k"] },
  { deed: "open", keys: ["o"] },
  { deed: "back", keys: ["u"] },
  { deed: "choose", keys: ["x"] },
  { deed: "compose", keys: ["c", "n"] },
  { deed: "reply", keys: ["r", "Ctrl+r"] },
  { deed: "replyAll", keys: ["a", "Ctrl+R"] },
  { deed: "forward", keys: ["f", "Ctrl+F"] },
  { deed: "archive", keys: ["e", "Backspace"] },
  { deed: "remove", keys: ["#", "Delete"] },
  { deed: "junk", keys: ["!", "Ctrl+J"] },
  { deed: "markRead", keys: ["I", "q", "Ctrl+q"] },
  { deed: "markUnread", keys: ["U", "Ctrl+u"] },
  { deed: "flag", keys: ["s", "Insert"] },
  { deed: "undo", keys: ["z", "Ctrl+z"] },
  { deed: "search", keys: ["/", "Ctrl+e"] },
  { deed: "goInbox", keys: ["g i"] },
  { deed: "goDrafts", keys: ["g d"] },
  { deed: "goSent", keys: ["g t"] },
  { deed: "goArchive", keys: ["g a"] },
  { deed: "goDeleted", keys: ["g x"] },
  { deed: "help", keys: ["?"] }
]

const deeds = new Map(keyRules.flatMap(({ deed, keys }) => keys.map((key) => [key, deed] as const)))

/** Keys that another one is waited for after. */
const prefixes = new Set(
  [...deeds.keys()].flatMap((keys) => (keys.includes(" ") ? (keys.split(" ")[0] ?? []) : []))
)

export interface Pressed {
  readonly key: string
  readonly isCtrl: boolean
}

/** What is meant by a key after the one before it; `waits` = nothing yet. */
export const deedOf = ({ key, isCtrl }: Pressed, before: string | null): KeyDeed | "waits" | undefined => {
  if (isCtrl) return deeds.get(`Ctrl+${key}`)
  if (before !== null) return deeds.get(`${before} ${key}`)
  return prefixes.has(key) ? "waits" : deeds.get(key)
}
