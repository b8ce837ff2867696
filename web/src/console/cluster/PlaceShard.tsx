import { Field, Select } from "@fluentui/react-components"
import { useState } from "react"
import type { Runner, Shard } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { ConfirmAction } from "../parts/ConfirmAction.tsx"
import { useSources } from "../sources.ts"
import { moveCommand, pinCommand } from "./commands.ts"

interface Props {
  readonly kind: "move" | "pin"
  readonly shard: Shard
  readonly runners: ReadonlyArray<Runner>
}

/** Moves a shard to a runner, or pins it to one. */
export const PlaceShard = ({ kind, shard: { shardId, owner, epoch }, runners }: Props) => {
  const words = useWords()
  const { clients } = useSources()
  const [chosen, setChosen] = useState<string>()
  const others = kind === "move" ? runners.filter(({ runnerId }) => runnerId !== owner) : runners
  const to = others.find(({ runnerId }) => runnerId === chosen)?.runnerId ?? others[0]?.runnerId ?? ""
  const from = owner === "" ? "–" : owner
  const movesAway = to !== owner
  return (
    <ConfirmAction
      trigger={{ label: words.say(`${kind}.label`), isDisabled: others.length === 0 }}
      title={words.say(`${kind}.title`, { shard: shardId })}
      choice={
        <Field label={words.say("move.to")}>
          <Select value={to} onChange={(_event, { value }) => setChosen(value)}>
            {others.map(({ runnerId, address }) => (
              <option key={runnerId} value={runnerId}>
                {runnerId} ({address})
              </option>
            ))}
          </Select>
        </Field>
      }
      happens={[
        ...(movesAway
          ? [
              words.say("move.happens.moves", { shard: shardId, from, to }),
              words.say("move.happens.pause"),
              words.say("move.happens.epoch", { epoch: words.number(Number(epoch)), from })
            ]
          : [words.say("pin.happens.stays", { to })]),
        ...(kind === "pin" ? [words.say("pin.happens", { to })] : [words.say("move.happens.free")])
      ]}
      command={kind === "move" ? moveCommand(shardId, to) : pinCommand(shardId, to)}
      confirm={words.say(`${kind}.confirm`, { to })}
      canConfirm={to !== ""}
      run={async () => {
        if (kind === "move") await clients.cluster.moveShards({ shardIds: [shardId], toRunnerId: to })
        else await clients.cluster.pinShard({ shardId, runnerId: to })
        return words.say(`${kind}.done`, { shard: shardId, to })
      }}
    />
  )
}
