/** The commands that do what the console does, as `postroom --help` has them. */
export const moveCommand = (shardId: number, to: string) => `postroom shard move --to ${to} ${shardId}`
export const pinCommand = (shardId: number, to: string) => `postroom shard pin ${shardId} ${to}`
export const unpinCommand = (shardId: number) => `postroom shard unpin ${shardId}`
export const drainCommand = (runnerId: string) => `postroom runner drain ${runnerId}`
export const undrainCommand = (runnerId: string) => `postroom runner undrain ${runnerId}`
export const planCommand = ({
  byCount,
  maxMoving
}: {
  readonly byCount: boolean
  readonly maxMoving: number
}) => `postroom rebalance plan --parallel ${maxMoving}${byCount ? " --by-count" : ""}`
export const runCommand = (id: string) => `postroom rebalance run ${id}`
export const stopCommand = (id: string) => `postroom rebalance stop ${id}`
export const reverseCommand = (id: string) => `postroom rebalance reverse ${id}`
export const quarantineCommand = (mailboxId: string) => `postroom mailbox quarantine ${mailboxId}`
export const releaseCommand = (mailboxId: string) => `postroom mailbox release ${mailboxId}`
