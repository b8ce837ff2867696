import { makeStore } from "../../shell/store.ts"

/** What has just been done or could not be, to be read and, where it can be, taken back. */
export interface Notice {
  readonly text: string
  readonly undo: (() => void) | null
  readonly isProblem: boolean
}

export const notice = makeStore<Notice | null>(null)

/** Long enough to read it twice and to reach for a button (WCAG 2.2.1 exempts what can be had elsewhere: Ctrl+Z). */
const stays = 10_000
let ending: ReturnType<typeof setTimeout> | undefined

export const tell = (next: Notice): void => {
  clearTimeout(ending)
  notice.set(next)
  ending = setTimeout(() => notice.set(null), stays)
}

export const endNotice = (): void => {
  clearTimeout(ending)
  notice.set(null)
}
