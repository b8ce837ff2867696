import { TypeOverrides } from "pg"

const oid = { int8: 20, int8Array: 1016, timestamptz: 1184 }

const parseInt8 = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError("int8 beyond 2^53")
  return value
}

/** `2026-01-31 12:00:00.123456+00` to epoch milliseconds; micros are cut off. */
const parseTimestamp = (text: string): number => {
  const iso = text.replace(" ", "T")
  const millis = Date.parse(/[+-]\d\d$/.test(iso) ? `${iso}:00` : iso)
  if (Number.isNaN(millis)) throw new RangeError("timestamptz outside of what a Date can hold")
  return millis
}

const parseInt8Array = (text: string): ReadonlyArray<number | null> =>
  text === "{}"
    ? []
    : text
        .slice(1, -1)
        .split(",")
        .map((item) => (item === "NULL" ? null : parseInt8(item)))

/** How columns become JavaScript values, where `pg`'s own way is not ours (see `Statement`). */
export const columnTypes = (): TypeOverrides => {
  const types = new TypeOverrides()
  types.setTypeParser(oid.int8, parseInt8)
  types.setTypeParser(oid.int8Array, parseInt8Array)
  types.setTypeParser(oid.timestamptz, parseTimestamp)
  return types
}
