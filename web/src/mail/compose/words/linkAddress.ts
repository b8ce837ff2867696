import { isAddress } from "./addresses.ts"

/** What somebody who types this means by it; null = no link is meant, or none that may stand in mail. */
export const linkAddress = (text: string): string | null => {
  const typed = text.trim()
  if (typed === "" || /\s/.test(typed)) return null
  if (/^(https?:\/\/[^/]|mailto:.|tel:.)/i.test(typed)) return typed
  if (isAddress(typed)) return `mailto:${typed}`
  return /^[\p{L}\p{N}][\p{L}\p{N}-]*(\.[\p{L}\p{N}-]+)+(:\d+)?([/?#].*)?$/u.test(typed)
    ? `https://${typed}`
    : null
}
