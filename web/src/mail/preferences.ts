import {
  defaultPreferences,
  type KeptPreferences,
  type Preferences,
  type PreferencesPatch
} from "../../../src/domain/Preferences.ts"
import type { Refusal } from "../../../src/protocols/owa/OwaAnswers.ts"
import { makeStore, type Store, useStore } from "../shell/store.ts"
import type { Answer, Outcome, Payload, Streamed, StreamTag } from "./wire/calls.ts"

/** What is to be another, or how to find it out from what is: asked again where another page was quicker. */
export type Wish = PreferencesPatch | ((now: Preferences) => PreferencesPatch)

/** What became of the last wishes. */
export type Saving = "nothing" | "saving" | "saved" | Refusal

/** A connection, as far as preferences go. */
export interface PreferencesClient {
  readonly ask: (
    tag: "SetPreferences",
    payload: Payload<"SetPreferences">
  ) => Promise<Outcome<Answer<"SetPreferences">>>
  readonly watch: (
    tag: Extract<StreamTag, "Preferences">,
    payload: undefined,
    told: (kept: Streamed<"Preferences">) => void
  ) => Promise<Outcome<never>>
}

export interface PreferencesStore {
  /** With the wishes that are on their way. Before the server was heard, what this browser remembers. */
  readonly preferences: Store<Preferences>
  /** Whether the server was heard. */
  readonly isKnown: Store<boolean>
  readonly saving: Store<Saving>
  /** Shown at once; sent when there is a connection, and until there is an answer. */
  readonly change: (wish: Wish) => void
  /** There is a connection, until it ends. */
  readonly connected: (client: PreferencesClient) => void
}

/** Where the server has said that it cannot now. */
const pause = 2_000

export const makePreferences = (initial: Preferences): PreferencesStore => {
  const preferences = makeStore(initial)
  const isKnown = makeStore(false)
  const saving = makeStore<Saving>("nothing")
  let known: KeptPreferences | null = null
  let wishes: ReadonlyArray<Wish> = []
  let client: PreferencesClient | null = null
  let isAsking = false

  const show = () => {
    const base = known?.preferences ?? initial
    preferences.set(wishes.length === 0 ? base : { ...base, ...patchOf(base, wishes) })
  }

  /** Of two answers the later one is right, in whatever order they come. */
  const learn = (kept: KeptPreferences) => {
    if (known === null || kept.version >= known.version) known = kept
    isKnown.set(true)
  }

  const send = async (): Promise<void> => {
    if (client === null || known === null || isAsking || wishes.length === 0) return
    const [asked, sent] = [client, wishes.length]
    isAsking = true
    saving.set("saving")
    const { version, preferences: base } = known
    const outcome = await asked.ask("SetPreferences", { version, patch: patchOf(base, wishes) })
    isAsking = false
    if (outcome._tag === "Lost" && client === asked) client = null
    if (outcome._tag === "Refused" && outcome.isTemporary) {
      setTimeout(() => void send(), pause)
      return
    }
    settle(outcome, sent)
    void send()
  }

  /** Where another page was quicker, the same is wished again of what is now. */
  const settle = (outcome: Outcome<Answer<"SetPreferences">>, sent: number): void => {
    if (outcome._tag === "Lost") return
    if (outcome._tag === "Answered") learn(outcome.value)
    if (outcome._tag === "Refused" || outcome.value.isDone) wishes = wishes.slice(sent)
    if (outcome._tag === "Refused") saving.set(outcome)
    else if (wishes.length === 0) saving.set("saved")
    show()
  }

  const follow = async (followed: PreferencesClient): Promise<void> => {
    const ended = await followed.watch("Preferences", undefined, (kept) => {
      learn(kept)
      show()
      void send()
    })
    if (ended._tag === "Refused" && ended.isTemporary && client === followed)
      setTimeout(() => client === followed && void follow(followed), pause)
  }

  return {
    preferences,
    isKnown,
    saving,
    change: (wish) => {
      wishes = [...wishes, wish]
      saving.set("saving")
      show()
      void send()
    },
    connected: (next) => {
      if (next === client) return
      client = next
      void follow(next)
    }
  }
}

/** All wishes after each other as one. */
const patchOf = (base: Preferences, wishes: ReadonlyArray<Wish>): PreferencesPatch => {
  let patch: PreferencesPatch = {}
  for (const wish of wishes)
    patch = { ...patch, ...(typeof wish === "function" ? wish({ ...base, ...patch }) : wish) }
  return patch
}

const ofPage = makePreferences(defaultPreferences)

/** How the person at this page likes web mail. `connectPreferences` goes to `MailStore.onConnection`, once. */
export const { preferences, isKnown, saving, change, connected: connectPreferences } = ofPage

export const usePreferences = (): Preferences => useStore(preferences)
