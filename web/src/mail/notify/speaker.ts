/**
 * Of several pages of mail in one browser, one speaks, and none while any of them can be seen. Both are locks, which a
 * browser takes from a page that is gone, however it went.
 */
const speaking = "postroom.speaks"
const visible = "postroom.visible"

export interface Speaker {
  /** Whether it is this page that speaks now. */
  readonly mayTell: () => Promise<boolean>
}

const never = new Promise<never>(() => undefined)

/** Held as long as the page can be seen. */
const holdWhileVisible = (): void => {
  let leave: (() => void) | null = null
  const look = () => {
    const isVisible = document.visibilityState === "visible"
    if (isVisible && leave === null) {
      const held = new Promise<void>((resolve) => {
        leave = resolve
      })
      void navigator.locks.request(visible, { mode: "shared" }, () => held)
    } else if (!isVisible) {
      leave?.()
      leave = null
    }
  }
  document.addEventListener("visibilitychange", look)
  look()
}

export const makeSpeaker = (): Speaker => {
  let isFirst = false
  void navigator.locks.request(speaking, () => {
    isFirst = true
    return never
  })
  holdWhileVisible()
  return {
    mayTell: async () => {
      if (!isFirst) return false
      const { held = [] } = await navigator.locks.query()
      return !held.some(({ name }) => name === visible)
    }
  }
}
