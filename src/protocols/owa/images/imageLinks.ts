import { createHmac, timingSafeEqual } from "node:crypto"
import { Redacted } from "effect"
import type { MailboxId } from "../../../domain/ids.ts"

export const imagesPath = "/owa/images/"

/** A link is good for this long at the least, and for twice as long at the most. */
const lifetimeSeconds = 3600

/** Longer addresses are no pictures that anybody shows. */
const maxUrlLength = 4096

export interface ImageLink {
  readonly url: URL
  readonly expiresAtSeconds: number
  readonly signature: Buffer
}

const signatureOf = (
  key: Redacted.Redacted,
  { whose, url, expiresAtSeconds }: { whose: MailboxId; url: string; expiresAtSeconds: number }
): Buffer =>
  createHmac("sha256", Redacted.value(key)).update(`image\n${whose}\n${expiresAtSeconds}\n${url}`).digest()

/** Absolute, http or https, without credentials, and of no port below 1024 that speaks something else. */
export const readImageUrl = (text: string): URL | null => {
  if (text.length > maxUrlLength || !URL.canParse(text)) return null
  const url = new URL(text)
  const { protocol, username, password, port } = url
  const isHttp = protocol === "http:" || protocol === "https:"
  const isWebPort = port === "" || port === "80" || port === "443" || Number(port) >= 1024
  url.hash = ""
  return isHttp && username === "" && password === "" && isWebPort ? url : null
}

/**
 * The path at which one user gets one picture. The same within an hour, so that the browser's cache knows it again.
 */
export const imageLink = (
  key: Redacted.Redacted,
  { whose, url, nowMillis }: { readonly whose: MailboxId; readonly url: URL; readonly nowMillis: number }
): string => {
  const expiresAtSeconds = (Math.floor(nowMillis / 1000 / lifetimeSeconds) + 2) * lifetimeSeconds
  const signature = signatureOf(key, { whose, url: url.href, expiresAtSeconds }).toString("base64url")
  return `${imagesPath}${signature}/${expiresAtSeconds}/${Buffer.from(url.href).toString("base64url")}`
}

/** What the path says; null where it is none of ours. Nothing is believed yet. */
export const readImageLink = (path: string): ImageLink | null => {
  const [, signature, expiresAt, encoded] =
    /^\/owa\/images\/([\w-]{43})\/(\d{1,12})\/([\w-]+)$/.exec(path) ?? []
  if (signature === undefined || encoded === undefined) return null
  const url = readImageUrl(Buffer.from(encoded, "base64url").toString("utf8"))
  return url === null
    ? null
    : { url, expiresAtSeconds: Number(expiresAt), signature: Buffer.from(signature, "base64url") }
}

export const isSignedFor = (
  key: Redacted.Redacted,
  { url, expiresAtSeconds, signature }: ImageLink,
  whose: MailboxId
): boolean => timingSafeEqual(signature, signatureOf(key, { whose, url: url.href, expiresAtSeconds }))
