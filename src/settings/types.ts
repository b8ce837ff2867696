import { Duration, Option, Redacted } from "effect"

/** What a setting may hold, and how that is written. */
export interface SettingType<A> {
  /** As the table of settings says it. */
  readonly label: string
  /** As a message says it: "must be …"; empty where every text will do. */
  readonly expected: string
  /** None where the text is nothing of the kind. */
  readonly parse: (text: string) => Option.Option<A>
  readonly print: (value: A) => string
  /** Whether a message may repeat a wrong text. */
  readonly isShown: boolean
  readonly isSecret?: true
}

/** What a value must be beyond its type, in words that go on after "must be an integer, …". */
export interface Check<A> {
  readonly message: string
  readonly validation: (value: A) => boolean
}

export const atLeast = (least: number): Check<number> => ({
  message: `${least} or more`,
  validation: (value) => value >= least
})

export const between = (least: number, most: number): Check<number> => ({
  message: `${least} to ${most}`,
  validation: (value) => value >= least && value <= most
})

const given = <A>(value: A, isRight: boolean): Option.Option<A> =>
  isRight ? Option.some(value) : Option.none()

export const integer: SettingType<number> = {
  label: "integer",
  expected: "an integer",
  parse: (text) => given(Number(text), text.trim() !== "" && Number.isSafeInteger(Number(text))),
  print: String,
  isShown: true
}

const byteUnits = [
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024]
] as const

/** Octets: a number, or one with a unit of 1024. */
export const bytes: SettingType<number> = {
  label: "size",
  expected: "a size such as 1048576 or 1 MiB",
  parse: (text) => {
    const [, number, unit] = /^(.+?)\s*(KiB|MiB|GiB)$/.exec(text) ?? [text, text, ""]
    const scale = byteUnits.find(([name]) => name === unit)?.[1] ?? 1
    return Option.map(integer.parse(number ?? ""), (count) => count * scale)
  },
  print: (value) => {
    const [name, scale] = byteUnits.find(([, size]) => value >= size && value % size === 0) ?? ["", 1]
    return `${value / scale} ${name}`.trim()
  },
  isShown: true
}

const timeUnits = [
  ["day", Duration.toMillis("1 day")],
  ["hour", Duration.toMillis("1 hour")],
  ["minute", Duration.toMillis("1 minute")],
  ["second", 1000]
] as const

export const duration: SettingType<Duration.Duration> = {
  label: "duration",
  expected: "a duration such as 200 millis, 30 seconds or 5 minutes",
  parse: Duration.decodeUnknown,
  print: (value) => {
    const millis = Duration.toMillis(value)
    const [name, size] = timeUnits.find(([, unit]) => millis >= unit && millis % unit === 0) ?? ["milli", 1]
    return `${millis / size} ${name}${millis === size ? "" : "s"}`
  },
  isShown: true
}

export const text: SettingType<string> = {
  label: "text",
  expected: "",
  parse: Option.some,
  print: (value) => value,
  isShown: true
}

const truths = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false]
])

export const boolean: SettingType<boolean> = {
  label: "boolean",
  expected: "true or false",
  parse: (text) => Option.fromNullable(truths.get(text)),
  print: String,
  isShown: true
}

export const choice = <const Names extends readonly [string, ...ReadonlyArray<string>]>(
  ...names: Names
): SettingType<Names[number]> => ({
  label: names.map((name) => `\`${name}\``).join(", "),
  expected: `one of ${names.join(", ")}`,
  parse: (text) => Option.fromNullable(names.find((name) => name === text)),
  print: (value) => value,
  isShown: true
})

/** An address may hold a password, so a wrong one is not repeated. */
export const url: SettingType<URL> = {
  label: "URL",
  expected: "a URL",
  parse: (text) => given(text, URL.canParse(text)).pipe(Option.map((good) => new URL(good))),
  print: ({ href }) => href,
  isShown: false
}

/** Never shown. Also read from the file that `NAME_FILE` names, and from Vault. */
export const secret: SettingType<Redacted.Redacted> = {
  label: "secret",
  expected: "",
  parse: (text) => Option.some(Redacted.make(text)),
  print: () => "",
  isShown: false,
  isSecret: true
}

/** Several of a kind, with commas between. */
export const list = <A>(of: SettingType<A>): SettingType<ReadonlyArray<A>> => ({
  label: `list of ${of.label}`,
  expected: `${of.expected}, or several with commas between`,
  parse: (text) => Option.all(text.split(",").map((part) => of.parse(part.trim()))),
  print: (values) => values.map(of.print).join(","),
  isShown: of.isShown
})
