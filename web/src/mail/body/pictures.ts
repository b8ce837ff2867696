/** A place for a picture, empty at first. */
export interface PictureSlot {
  /** `cid:…`, `http:…` or `https:…`. */
  readonly address: string
  /** Puts a picture there; its address is one that the frame may load (`blob:`). */
  readonly show: (url: string) => void
}

const embedded = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp|x-icon)[;,]/i
const outside = /^(?:cid:|https?:\/\/)/i

/**
 * Takes every address of a picture out of a body and its style sheets. What the message brings along as `data:` stays;
 * what can be fetched is named; any other is gone.
 */
export const takePictures = (
  body: HTMLElement,
  styles: ReadonlyArray<HTMLStyleElement>
): ReadonlyArray<PictureSlot> => [
  ...[...body.querySelectorAll("img")].flatMap(ofImage),
  ...[body, ...body.querySelectorAll<HTMLElement>("[background]")].flatMap(ofBackground),
  ...[body, ...body.querySelectorAll<HTMLElement>("[style]")].flatMap((element) =>
    ofRules(element.getAttribute("style"), (text) => element.setAttribute("style", text))
  ),
  ...styles.flatMap((style) =>
    ofRules(style.textContent, (text) => {
      style.textContent = text
    })
  )
]

const ofImage = (image: HTMLImageElement): ReadonlyArray<PictureSlot> => {
  const address = image.getAttribute("src")?.trim() ?? ""
  if (embedded.test(address)) return []
  image.removeAttribute("src")
  if (!outside.test(address)) return []
  return [{ address, show: (url) => image.setAttribute("src", url) }]
}

const ofBackground = (element: HTMLElement): ReadonlyArray<PictureSlot> => {
  const address = element.getAttribute("background")?.trim() ?? ""
  element.removeAttribute("background")
  if (!outside.test(address)) return []
  return [
    {
      address,
      show: (url) => {
        element.style.backgroundImage = `url("${url}")`
      }
    }
  ]
}

/**
 * `url(…)` in rules. What is written so that it is not seen here the frame's policy refuses to fetch: this is for
 * showing pictures, not for keeping them away.
 */
const ofRules = (rules: string | null, write: (text: string) => void): ReadonlyArray<PictureSlot> => {
  if (rules === null || !/url\(/i.test(rules)) return []
  const found: Array<{ readonly at: number; readonly address: string }> = []
  const pieces: Array<string> = []
  let from = 0
  for (const match of rules.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^'")\s]*))\s*\)/gi)) {
    const address = match[1] ?? match[2] ?? match[3] ?? ""
    pieces.push(rules.slice(from, match.index))
    if (outside.test(address)) found.push({ at: pieces.length, address })
    pieces.push(embedded.test(address) ? match[0] : "none")
    from = match.index + match[0].length
  }
  pieces.push(rules.slice(from))
  write(pieces.join(""))
  return found.map(({ at, address }) => ({
    address,
    show: (url) => {
      pieces[at] = `url("${url}")`
      write(pieces.join(""))
    }
  }))
}
