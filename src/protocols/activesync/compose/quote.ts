import type { MessageSummary } from "../../../domain/Message.ts"
import { cleanText } from "../../mime/headers.ts"
import { addressList } from "../content/addressText.ts"
import { plainFragment } from "./html.ts"

type Quoted = Pick<MessageSummary, "from" | "to" | "cc" | "date" | "receivedAt" | "subject">

/** What stands above an original: whose words follow, and when they were written. */
const lines = (message: Quoted): ReadonlyArray<readonly [name: string, value: string]> => {
  const cc = addressList(message.cc)
  return [
    ["From", addressList(message.from)],
    ["Sent", new Date(message.date ?? message.receivedAt).toUTCString()],
    ["To", addressList(message.to)],
    ...(cc === "" ? [] : [["Cc", cc] as const]),
    ["Subject", message.subject]
  ]
}

export const plainQuote = (message: Quoted, text: string): string =>
  [
    "",
    "",
    "-----Original Message-----",
    ...lines(message).map(([name, value]) => `${name}: ${oneLine(value)}`),
    "",
    text
  ].join("\r\n")

export const htmlQuote = (message: Quoted, fragment: string): string => {
  const fields = lines(message).map(([name, value]) => `<b>${name}:</b> ${plainFragment(oneLine(value))}<br>`)
  return `<br><hr>\r\n<div>${fields.join("\r\n")}</div><br>\r\n${fragment}`
}

const oneLine = (value: string): string => cleanText(value).replace(/\s+/g, " ")
