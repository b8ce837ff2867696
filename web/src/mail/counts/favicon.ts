import { badgeOf } from "./counts.ts"

const size = 64

const loaded = new Promise<HTMLImageElement>((resolve) => {
  const image = new Image()
  image.onload = () => resolve(image)
  image.src = "/favicon.svg"
})

const drawn = async (badge: string): Promise<string> => {
  const canvas = document.createElement("canvas")
  canvas.width = size
  canvas.height = size
  const pen = canvas.getContext("2d")
  if (pen === null) return "/favicon.svg"
  pen.drawImage(await loaded, 0, 0, size, size)
  pen.font = "bold 36px system-ui, sans-serif"
  const width = Math.min(size, Math.max(40, pen.measureText(badge).width + 14))
  pen.fillStyle = "#c50f1f"
  pen.beginPath()
  pen.roundRect(size - width, size - 40, width, 40, 14)
  pen.fill()
  pen.fillStyle = "#ffffff"
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.fillText(badge, size - width / 2, size - 19, width - 8)
  const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve))
  return picture === null ? "/favicon.svg" : URL.createObjectURL(picture)
}

let shown = ""

/** The tab's picture with a number; made anew only where the number is another. */
export const showBadge = async (unread: number): Promise<void> => {
  const badge = badgeOf(unread)
  if (badge === shown) return
  shown = badge
  const href = badge === "" ? "/favicon.svg" : await drawn(badge)
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]")
  if (link === null || badge !== shown) return
  if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href)
  link.type = badge === "" ? "image/svg+xml" : "image/png"
  link.href = href
}
