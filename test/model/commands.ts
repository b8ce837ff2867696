import { assert } from "@effect/vitest"
import { type Element, element } from "../../src/protocols/activesync/wbxml/element.ts"
import type { Handset, HeldItem } from "../support/activesync/handset.ts"
import { type AnsweredCollection, add, change, remove } from "../support/activesync/talk.ts"

/** What a phone does to an item of a folder. */
export type Command =
  | { readonly _tag: "Read"; readonly id: string; readonly isRead: boolean }
  | { readonly _tag: "Flag"; readonly id: string; readonly isFlagged: boolean }
  | { readonly _tag: "Categories"; readonly id: string; readonly categories: ReadonlyArray<string> }
  | { readonly _tag: "Delete"; readonly id: string }
  /** A new draft. */
  | { readonly _tag: "Add"; readonly clientId: string; readonly subject: string }
  /** Another text for a draft: it becomes another item, of which the phone is told. */
  | { readonly _tag: "Write"; readonly id: string; readonly subject: string }

const active = element(
  "Email:Flag",
  element("Email:Status", 2),
  element("Email:FlagType", "Flag for follow up")
)
const subjectOf = (text: string) => element("Email:Subject", text)

export const elementOf = (command: Command): Element => {
  switch (command._tag) {
    case "Read":
      return change(command.id, element("Email:Read", command.isRead ? 1 : 0))
    case "Flag":
      return change(command.id, command.isFlagged ? active : element("Email:Flag"))
    case "Categories":
      return change(
        command.id,
        element(
          "Email:Categories",
          command.categories.map((name) => element("Email:Category", name))
        )
      )
    case "Delete":
      return remove(command.id)
    case "Add":
      return add(command.clientId, element("Email:To", "bob@demo.test"), subjectOf(command.subject))
    case "Write":
      return change(command.id, subjectOf(command.subject))
  }
}

/** What the phone did itself is not told to it, only what failed. */
export const applied = (
  handset: Handset,
  { id, responses }: AnsweredCollection,
  commands: ReadonlyArray<Command>
): void => {
  const items = handset.items.get(id) ?? new Map<string, HeldItem>()
  handset.items.set(id, items)
  for (const command of commands) {
    if (command._tag === "Add") {
      const response =
        responses.find(({ clientId }) => clientId === command.clientId) ?? assert.fail("a draft unanswered")
      assert.strictEqual(response.status, "1", "a draft was not added")
      const draft = { subject: command.subject, isRead: true, isFlagged: false, categories: [] }
      items.set(response.serverId ?? assert.fail("no id"), draft)
    } else if (!responses.some(({ serverId, status }) => serverId === command.id && status !== "1")) {
      applyTo(items, command)
    }
  }
}

const applyTo = (items: Map<string, HeldItem>, command: Exclude<Command, { _tag: "Add" }>): void => {
  const before = items.get(command.id)
  if (command._tag === "Delete") items.delete(command.id)
  else if (before !== undefined) items.set(command.id, after(before, command))
}

const after = (before: HeldItem, command: Exclude<Command, { _tag: "Add" | "Delete" }>): HeldItem => {
  switch (command._tag) {
    case "Read":
      return { ...before, isRead: command.isRead }
    case "Flag":
      return { ...before, isFlagged: command.isFlagged }
    case "Categories":
      return { ...before, categories: command.categories }
    case "Write":
      return before
  }
}
