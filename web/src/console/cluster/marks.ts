import type { Runner } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"

/** How a runner is told from the others: by a letter, and by a colour with a pattern, which repeat after eight. */
export interface Mark {
  readonly letter: string
  readonly style: number
}

const styles = 8

/** In the order of their ids, so that everybody sees the same. */
export const marksOf = (runners: ReadonlyArray<Runner>): ReadonlyMap<string, Mark> =>
  new Map(
    runners
      .map(({ runnerId }) => runnerId)
      .toSorted()
      .map((runnerId, n) => [
        runnerId,
        { letter: n < 26 ? String.fromCharCode(65 + n) : String(n + 1), style: n % styles }
      ])
  )
