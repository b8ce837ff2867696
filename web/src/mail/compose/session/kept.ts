import type { KeptDraft } from "./KeptDraft.ts"

/** Of one user: others who use the browser get none of it. */
interface Stored extends KeptDraft {
  readonly owner: string
  readonly at: number
}

const databaseName = "postroom.compose"
const storeName = "drafts"
/** Of the page that ends: what a transaction may no longer write. */
const sessionName = "postroom.compose.open"

/** That there is something at all: without it nothing has to be fetched to look (`Composes`). */
const leftName = "postroom.compose.left"

/** Older ones are nobody's any more. */
const keptFor = 30 * 86_400_000

/**
 * Drafts in IndexedDB, which outlives the browser; beside it, `sessionStorage` of this tab, which is written before a page
 * ends. Where the browser has neither (private windows of some), nothing is kept and nothing fails.
 */
export const openKept = (owner: string) => {
  const database = openDatabase()

  const run = async <A>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<A>) => {
    const open = await database
    if (open === null) return null
    return answerOf(use(open.transaction(storeName, mode).objectStore(storeName))).catch(() => null)
  }

  return {
    put: (kept: KeptDraft) => {
      localStorage.setItem(leftName, "")
      void run("readwrite", (store) => store.put({ ...kept, owner, at: Date.now() } satisfies Stored))
    },
    drop: (key: string) => {
      void run("readwrite", (store) => store.delete([owner, key]))
        .then(() => run("readonly", (store) => store.count()))
        .then((count) => {
          if (count === 0) localStorage.removeItem(leftName)
        })
    },
    /** Before the page ends: at once, and of this tab. */
    putNow: (drafts: ReadonlyArray<KeptDraft>) => {
      if (drafts.length === 0) return sessionStorage.removeItem(sessionName)
      try {
        sessionStorage.setItem(sessionName, JSON.stringify({ owner, drafts }))
      } catch {
        // Too large: what IndexedDB has is at most a moment older.
      }
    },
    /** What was open in this tab, and what other pages left that are no more; the newer of two. */
    takeAll: async (): Promise<ReadonlyArray<KeptDraft>> => {
      const mine = takeSession(owner)
      const stored = (await run<Array<Stored>>("readonly", (store) => store.getAll())) ?? []
      const others = stored.filter(
        (draft) => draft.owner === owner && !mine.drafts.some(({ key }) => key === draft.key)
      )
      const left: Array<KeptDraft> = []
      for (const draft of others) {
        const fate = await fateOf(draft)
        if (fate === "open") left.push(draft)
        else if (fate === "drop") void run("readwrite", (store) => store.delete([owner, draft.key]))
      }
      return [...mine.drafts, ...left]
    }
  }
}

/** Another page may have it open; what the server has needs no window. */
const fateOf = async (draft: Stored): Promise<"open" | "drop" | "leave"> => {
  if (draft.at < Date.now() - keptFor) return "drop"
  if (!(await isNobodys(draft.key))) return "leave"
  return draft.isUnsaved || draft.sending !== null ? "open" : "drop"
}

export type Kept = ReturnType<typeof openKept>

const openDatabase = (): Promise<IDBDatabase | null> => {
  try {
    const opening = indexedDB.open(databaseName, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(storeName, { keyPath: ["owner", "key"] })
    return answerOf(opening).catch(() => null)
  } catch {
    return Promise.resolve(null)
  }
}

const answerOf = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

const takeSession = (owner: string): { readonly drafts: ReadonlyArray<KeptDraft> } => {
  const text = sessionStorage.getItem(sessionName)
  sessionStorage.removeItem(sessionName)
  if (text === null) return { drafts: [] }
  try {
    const found: { readonly owner: string; readonly drafts: ReadonlyArray<KeptDraft> } = JSON.parse(text)
    return found.owner === owner ? found : { drafts: [] }
  } catch {
    return { drafts: [] }
  }
}

const lockName = (key: string) => `postroom.compose.${key}`

/** For as long as this page has it open no other page takes it for left behind. Ends by the answer. */
export const holdOpen = (key: string): (() => void) => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  void navigator.locks?.request(lockName(key), () => held).catch(() => undefined)
  return release
}

/** Where a browser has no locks (http), a draft may be shown in two tabs: the server says so when it is saved. */
const isNobodys = async (key: string): Promise<boolean> =>
  (await navigator.locks?.request(lockName(key), { ifAvailable: true }, (lock) => lock !== null)) ?? true
