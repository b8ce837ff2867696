/** What work costs: rates over the last minute or so, and what is there now. */
export interface Cost {
  /** Milliseconds of commits, for each second. */
  readonly commitMillis: number
  /** Octets written, for each second. */
  readonly bytes: number
  /** For each second. */
  readonly commands: number
  /** Callers that wait, now. */
  readonly watchers: number
  /** Mailboxes in memory, now. */
  readonly mailboxes: number
}

export const noCost: Cost = { commitMillis: 0, bytes: 0, commands: 0, watchers: 0, mailboxes: 0 }

export const addCosts = (a: Cost, b: Cost): Cost => ({
  commitMillis: a.commitMillis + b.commitMillis,
  bytes: a.bytes + b.bytes,
  commands: a.commands + b.commands,
  watchers: a.watchers + b.watchers,
  mailboxes: a.mailboxes + b.mailboxes
})

/** Of work that is done once. */
export type Spent = Pick<Cost, "commitMillis" | "bytes" | "commands">

/**
 * A cost as one number, in milliseconds for each second: the time of the commits, and what a command, a written mebibyte,
 * a parked caller and a mailbox in memory take besides. Rough on purpose: it compares shards, it bills nobody.
 */
export const loadOf = (cost: Cost): number =>
  spentLoad(cost) + 0.005 * cost.watchers + 0.0005 * cost.mailboxes

export const spentLoad = ({ commitMillis, bytes, commands }: Spent): number =>
  commitMillis + 0.1 * commands + (10 * bytes) / 1_048_576

/**
 * Whether a shard, or a mailbox alone, carries so much that it weighs on its whole runner: several times what a shard
 * carries on average. Next to nothing is never hot, however idle all the others are.
 */
export const isHot = (load: number, meanShardLoad: number): boolean =>
  load >= NOTICEABLE && load > HOT_TIMES * meanShardLoad

const HOT_TIMES = 4

/** Milliseconds for each second. */
const NOTICEABLE = 10
