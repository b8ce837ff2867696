const browsers: ReadonlyArray<readonly [mark: RegExp, name: string]> = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"]
]

const systems: ReadonlyArray<readonly [mark: RegExp, name: string]> = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"]
]

const named = (list: typeof browsers, userAgent: string) => list.find(([mark]) => mark.test(userAgent))?.[1]

/** What people call a browser and what it runs on, by what it says of itself; null = neither can be told. */
export const browserOf = (userAgent: string): string | null => {
  const found = [named(browsers, userAgent), named(systems, userAgent)].filter((name) => name !== undefined)
  return found.length === 0 ? null : found.join(", ")
}
