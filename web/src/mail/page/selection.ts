/** What is chosen in a list, by the keys of its lines. */
export interface Selection {
  readonly chosen: ReadonlySet<string>
  /** Where the keyboard is; null before it was in the list. */
  readonly cursor: string | null
  /** Where a range begins. */
  readonly anchor: string | null
}

export const nothing: Selection = { chosen: new Set(), cursor: null, anchor: null }

export const cursorAt = (selection: Selection, key: string): Selection => ({
  ...selection,
  cursor: key,
  anchor: key
})

/** Adds the line, or takes it out. */
export const toggled = (selection: Selection, key: string): Selection => {
  const chosen = new Set(selection.chosen)
  if (!chosen.delete(key)) chosen.add(key)
  return { chosen, cursor: key, anchor: key }
}

/** All from the anchor to the line, and no others. */
export const stretched = (selection: Selection, keys: ReadonlyArray<string>, key: string): Selection => {
  const from = selection.anchor === null ? -1 : keys.indexOf(selection.anchor)
  const to = keys.indexOf(key)
  if (from < 0 || to < 0) return toggled({ ...nothing }, key)
  const chosen = new Set(keys.slice(Math.min(from, to), Math.max(from, to) + 1))
  return { chosen, cursor: key, anchor: selection.anchor }
}

export const all = (selection: Selection, keys: ReadonlyArray<string>): Selection => ({
  ...selection,
  chosen: new Set(keys)
})

/** What a key makes of it; undefined where it makes nothing. */
export const pressedOn = (
  selection: Selection,
  keys: ReadonlyArray<string>,
  { key, isCtrl }: { readonly key: string; readonly isCtrl: boolean }
): Selection | undefined => {
  if (key === "a" && isCtrl) return all(selection, keys)
  if (key === "Escape" && selection.chosen.size > 0) return { ...selection, chosen: new Set() }
  return key === " " && selection.cursor !== null ? toggled(selection, selection.cursor) : undefined
}

/** Lines that left the list are chosen no more; the cursor goes to what has come into its place. */
export const kept = (
  selection: Selection,
  before: ReadonlyArray<string>,
  now: ReadonlyArray<string>
): Selection => {
  const there = new Set(now)
  const chosen = [...selection.chosen].filter((key) => there.has(key))
  const cursor = placeOf(selection.cursor, before, there)
  const isSame = chosen.length === selection.chosen.size && cursor === selection.cursor
  if (isSame) return selection
  const anchor = selection.anchor !== null && there.has(selection.anchor) ? selection.anchor : cursor
  return { chosen: new Set(chosen), cursor, anchor }
}

/** The line itself, or else the next one down that is still there, or else the next one up. */
export const placeOf = (
  key: string | null,
  before: ReadonlyArray<string>,
  there: ReadonlySet<string>
): string | null => {
  if (key === null || there.has(key)) return key
  const at = before.indexOf(key)
  const isThere = (one: string) => there.has(one)
  return before.slice(at + 1).find(isThere) ?? before.slice(0, Math.max(at, 0)).findLast(isThere) ?? null
}
