import { makeStore, type Store } from "../shell/store.ts"

/** What is known of something that changes on the server. */
export type Live<A> =
  | { readonly state: "loading" }
  | { readonly state: "live"; readonly data: A; readonly at: number }
  /** `data` is what was known at `at`; both are absent where nothing ever was. */
  | { readonly state: "lost"; readonly data?: A; readonly at?: number; readonly error: unknown }

export type Source<A> = (signal: AbortSignal) => AsyncIterable<A>

const shortestPause = 1_000
const longestPause = 10_000

export interface Followed<A> {
  readonly store: Store<Live<A>>
  /** Asks at once instead of after the pause that is going on. */
  readonly retry: () => void
  readonly stop: () => void
}

/** Follows a source, and begins again with growing pauses for as long as it fails or ends. */
export const follow = <A>(source: Source<A>): Followed<A> => {
  const store = makeStore<Live<A>>({ state: "loading" })
  const stopping = new AbortController()
  const wake = { now: () => {} }

  const attempt = async (): Promise<unknown> => {
    try {
      for await (const data of source(stopping.signal)) {
        store.set({ state: "live", data, at: Date.now() })
      }
      return new Error("the stream has ended")
    } catch (error) {
      return error
    }
  }

  const pauseFor = (millis: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, millis)
      wake.now = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const run = async () => {
    let pause = shortestPause
    while (!stopping.signal.aborted) {
      const error = await attempt()
      if (stopping.signal.aborted) return
      const before = store.get()
      if (before.state === "live") pause = shortestPause
      store.set(
        before.state === "loading"
          ? { state: "lost", error }
          : before.state === "live"
            ? { state: "lost", data: before.data, at: before.at, error }
            : { ...before, error }
      )
      await pauseFor(pause)
      pause = Math.min(pause * 2, longestPause)
    }
  }

  const retry = () => wake.now()
  window.addEventListener("online", retry)
  void run()
  return {
    store,
    retry,
    stop: () => {
      window.removeEventListener("online", retry)
      stopping.abort()
      wake.now()
    }
  }
}

/** A source made of a question that is asked again and again; not while nobody can see the answer. */
export const polled = <A>(ask: (signal: AbortSignal) => Promise<A>, everyMillis: number): Source<A> =>
  async function* (signal) {
    while (!signal.aborted) {
      yield await ask(signal)
      await elapsed(everyMillis, signal)
      await visible(signal)
    }
  }

const elapsed = (millis: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", end)
      resolve()
    }
    const timer = setTimeout(end, millis)
    signal.addEventListener("abort", end)
  })

const visible = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener("visibilitychange", look)
      signal.removeEventListener("abort", look)
      resolve()
    }
    document.addEventListener("visibilitychange", look)
    signal.addEventListener("abort", look)
    look()
  })
