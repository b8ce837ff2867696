import { commentEnd } from "./parameters.ts"

/** Years 1 to 9999: what four digits can say, and what every store can hold. */
const earliest = -62_135_596_800_000
const latest = 253_402_300_799_999

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/** Minutes east of UTC (RFC 5322 4.3, and what is common besides); other names count as UTC. */
const zones: Readonly<Record<string, number>> = {
  edt: -240,
  est: -300,
  cdt: -300,
  cst: -360,
  mdt: -360,
  mst: -420,
  pdt: -420,
  pst: -480,
  ast: -240,
  adt: -180
}

interface Fields {
  day?: number
  month?: number
  year?: number
  time?: readonly [hour: number, minute: number, second: number]
  offset?: number
}

const maxLength = 200

/** RFC 5322 4.3: 00-49 is this century, 50-99 and three digits count from 1900. */
const fullYear = (digits: string): number => {
  const year = Number(digits)
  if (digits.length >= 4) return year
  return digits.length <= 2 && year < 50 ? year + 2000 : year + 1900
}

const withoutComments = (text: string): string => {
  let out = text
  for (let at = out.indexOf("("); at !== -1; at = out.indexOf("(")) {
    out = `${out.slice(0, at)} ${out.slice(commentEnd(out, at))}`
  }
  return out
}

const timeOf = (token: string): Fields["time"] => {
  const match = /^(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d+)?)?$/.exec(token)
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
}

const offsetOf = (token: string): number | undefined => {
  const match = /^(?:gmt|utc?)?([+-])(\d{1,2}):?(\d{2})$/.exec(token)
  if (match === null) return Object.hasOwn(zones, token) ? zones[token] : undefined
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === "-" ? -minutes : minutes
}

const readNumber = (fields: Fields, token: string): void => {
  if (fields.day === undefined && token.length <= 3 && Number(token) <= 31) fields.day = Number(token)
  else if (fields.year === undefined) fields.year = fullYear(token)
}

const readToken = (fields: Fields, token: string): void => {
  const time = fields.time === undefined ? timeOf(token) : undefined
  if (time !== undefined) fields.time = time
  else if (/^\d{1,5}$/.test(token)) readNumber(fields, token)
  else if (fields.month === undefined && months.includes(token.slice(0, 3))) {
    fields.month = months.indexOf(token.slice(0, 3))
  } else if (fields.time !== undefined) {
    const offset = offsetOf(token)
    if (offset !== undefined) fields.offset ??= offset
  }
}

const isReadable = ({ day = 0, time = [0, 0, 0] }: Fields): boolean =>
  day >= 1 && day <= 31 && time[0] <= 24 && time[1] <= 59 && time[2] <= 60

/** A Date field (RFC 5322 3.3 and 4.3, asctime) in epoch milliseconds; null when it is not one. */
export const parseDate = (text: string): number | null => {
  const fields: Fields = {}
  const tokens = withoutComments(text.slice(0, maxLength))
    .toLowerCase()
    .replace(/\s*:\s*/g, ":")
    .split(/[\s,]+/)
  for (const token of tokens) {
    // "12-Jan-2024" is one token that holds three.
    const isDashed = /^\d{1,2}-[a-z]{3,9}-\d{2,4}$/.test(token)
    for (const piece of isDashed ? token.split("-") : [token]) readToken(fields, piece)
  }
  const { day, month, year, time = [0, 0, 0], offset = 0 } = fields
  if (day === undefined || month === undefined || year === undefined || !isReadable(fields)) return null
  const date = Date.UTC(year, month, day, time[0], time[1], time[2]) - offset * 60_000
  return date >= earliest && date <= latest ? date : null
}
