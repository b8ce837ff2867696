import type { Address } from "../../../../src/domain/Content.ts"
import type { Line } from "./conversations.ts"

/** A name as people write it, or the address where there is none. */
export const nameOf = ({ name, address }: Address): string => name.trim() || address

/** Who a line is from: of a conversation each once, the first who wrote first. "" where nobody says so. */
export const peopleOf = ({ messages }: Line): string => {
  const names = messages.toReversed().flatMap(({ from }) => from.slice(0, 1).map(nameOf))
  const [first, ...others] = [...new Set(names)]
  return [first, ...others].filter((name) => name !== undefined && name !== "").join(", ")
}

/** Whether the pictures of who wrote are shown without asking: the address is on the list, or its domain. */
export const isTrusted = (trusted: ReadonlyArray<string>, address: string | undefined): boolean => {
  const lower = address?.toLowerCase() ?? ""
  return (
    lower.includes("@") &&
    (trusted.includes(lower) || trusted.includes(lower.slice(lower.lastIndexOf("@") + 1)))
  )
}
