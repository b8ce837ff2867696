/** A list as Valkey gives it; anything else is an empty one. */
export const array = (reply: unknown): ReadonlyArray<unknown> => (Array.isArray(reply) ? reply : [])

/** A flat list of names and values as Valkey gives it. */
export const fieldsOf = (flat: unknown): ReadonlyMap<unknown, unknown> => {
  const items = array(flat)
  return new Map(items.flatMap((name, n) => (n % 2 === 0 ? [[name, items[n + 1]] as const] : [])))
}

/** The same where all of it is text. */
export const textsOf = (flat: unknown): ReadonlyMap<string, string> =>
  new Map(Array.from(fieldsOf(flat), ([name, value]) => [String(name), String(value)]))
