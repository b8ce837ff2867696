/** Enough to know a text by. */
const sample = 4000

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/g

/** How most letters of a text are written: a name in another script at its beginning says nothing. */
export const directionOfText = (text: string): "ltr" | "rtl" => {
  const letters = text.slice(0, sample).match(/\p{L}/gu)?.join("") ?? ""
  const turned = letters.match(rightToLeft)?.length ?? 0
  return turned * 2 > letters.length ? "rtl" : "ltr"
}
