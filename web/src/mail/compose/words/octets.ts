const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const

/** A size as people read it: steps of a thousand (SI). */
export const octets = (count: number, language: string): string => {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)))
  const value = count / 1000 ** step
  return value.toLocaleString(language, {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0
  })
}
