/** A bounded map whose entries end by themselves; the longest unused one makes room. Times are epoch milliseconds. */
export interface ExpiringMap<Value> {
  readonly get: (key: string, now: number) => Value | undefined
  readonly set: (key: string, value: Value, expiresAt: number) => void
  readonly remove: (key: string) => void
  readonly clear: () => void
  readonly size: () => number
}

export const makeExpiringMap = <Value>(capacity: number): ExpiringMap<Value> => {
  // A Map remembers the order of insertion; what is used is inserted anew, so that its first key is the oldest.
  const entries = new Map<string, { readonly value: Value; readonly expiresAt: number }>()
  return {
    get: (key, now) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.expiresAt <= now) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set: (key, value, expiresAt) => {
      entries.delete(key)
      entries.set(key, { value, expiresAt })
      for (const oldest of entries.keys()) {
        if (entries.size <= capacity) break
        entries.delete(oldest)
      }
    },
    remove: (key) => {
      entries.delete(key)
    },
    clear: () => entries.clear(),
    size: () => entries.size
  }
}
