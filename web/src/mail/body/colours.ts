export type Rgb = readonly [red: number, green: number, blue: number]

/** Of what the browser computed: `rgb(0, 0, 0)` or `rgba(0, 0, 0, 0.5)`; null where it is written otherwise. */
export const readRgb = (text: string): Rgb | null => {
  const [, red, green, blue] = /^rgba?\((\d+), (\d+), (\d+)/.exec(text) ?? []
  return red === undefined ? null : [Number(red), Number(green), Number(blue)]
}

/** WCAG 2.2, relative luminance. */
const luminance = (colour: Rgb): number => {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
}

export const contrast = (one: Rgb, other: Rgb): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** WCAG 2.2, 1.4.3; what is enough for black text; and for coloured text, which would be too pale to have a colour. */
const [readable, plenty, plentyOfColour] = [4.5, 11, 6]
const white: Rgb = [255, 255, 255]
const step = 0.02
/** Channels that differ by less are a grey. */
const greyish = 24

/** With the same hue and saturation; `lightness` from 0 to 1, not below the colour's own (CSS Color 4, 7.1). */
const withLightness = (colour: Rgb, lightness: number): Rgb => {
  const [low, high] = [Math.min(...colour), Math.max(...colour)]
  const own = (low + high) / 510
  const roomThen = 1 - Math.abs(2 * own - 1)
  const scale = roomThen === 0 ? 0 : (1 - Math.abs(2 * lightness - 1)) / roomThen
  const [red, green, blue] = colour.map((part) => Math.round(lightness * 255 + (part - own * 255) * scale))
  return [red ?? 0, green ?? 0, blue ?? 0]
}

/** The colour no lighter than gives it the contrast on a dark ground that it was chosen for on white. */
export const lifted = (colour: Rgb, ground: Rgb): Rgb => {
  const [low, high] = [Math.min(...colour), Math.max(...colour)]
  const most = high - low < greyish ? plenty : plentyOfColour
  const wanted = Math.max(readable, Math.min(most, contrast(colour, white)))
  for (let lightness = (low + high) / 510; lightness < 1; lightness += step) {
    const lighter = withLightness(colour, lightness)
    if (contrast(lighter, ground) >= wanted) return lighter
  }
  return white
}

const neutralGrounds =
  /^(?:transparent|none|inherit|initial|unset|white|window|#fff(?:fff)?|rgb\(255,\s*255,\s*255\))$/

/** Whether rules paint something other than white, or a picture. */
export const paints = (rules: string): boolean =>
  [...rules.matchAll(/(?:^|[;{\s])background(?:-color|-image)?\s*:\s*([^;}]*)/gi)].some(
    ([, value = ""]) =>
      !neutralGrounds.test(
        value
          .replace(/!\s*important/i, "")
          .trim()
          .toLowerCase()
      )
  )

export const isNeutralGround = (value: string): boolean => neutralGrounds.test(value.trim().toLowerCase())
