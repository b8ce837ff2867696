const units = ["byte", "kilobyte", "megabyte", "gigabyte"]

/** A number of octets as file managers say it: thousands, in two digits or more. */
export const sizeText = (language: string, octets: number): string => {
  const power = Math.min(units.length - 1, octets < 1000 ? 0 : Math.floor(Math.log10(octets) / 3))
  const amount = octets / 1000 ** power
  return amount.toLocaleString(language, {
    style: "unit",
    unit: units[power],
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: amount < 10 && power > 0 ? 1 : 0
  })
}
