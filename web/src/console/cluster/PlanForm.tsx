import { Button, Checkbox, Field, MessageBar, MessageBarBody, SpinButton } from "@fluentui/react-components"
import { type FormEvent, useState } from "react"
import type { Rebalance } from "../../../../src/rpc/gen/postroom/core/v1/cluster_pb.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { explain } from "../../rpc/problem.ts"
import { Command } from "../parts/Command.tsx"
import { useSources } from "../sources.ts"
import { planCommand } from "./commands.ts"

/** Asks for a plan. Nothing moves by it, so nothing has to be confirmed. */
export const PlanForm = ({ planned }: { readonly planned: (rebalance: Rebalance | undefined) => void }) => {
  const words = useWords()
  const { clients } = useSources()
  const [maxMoving, setMaxMoving] = useState(4)
  const [byCount, setByCount] = useState(false)
  const [problem, setProblem] = useState<string>()
  const plan = async (event: FormEvent) => {
    event.preventDefault()
    setProblem(undefined)
    try {
      planned((await clients.cluster.planRebalance({ maxMoving, byCount })).rebalance)
    } catch (error) {
      setProblem(explain(error, words))
    }
  }
  return (
    <form className="cluster__plan" onSubmit={(event) => void plan(event)}>
      <Field label={words.say("plan.maxMoving")}>
        <SpinButton
          value={maxMoving}
          min={1}
          max={64}
          onChange={(_event, { value, displayValue }) => {
            const next = value ?? Number(displayValue)
            if (Number.isInteger(next) && next >= 1 && next <= 64) setMaxMoving(next)
          }}
        />
      </Field>
      <Checkbox
        label={words.say("plan.byCount")}
        checked={byCount}
        onChange={(_event, { checked }) => setByCount(checked === true)}
      />
      <Button type="submit">{words.say("plan.submit")}</Button>
      {problem !== undefined && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{problem}</MessageBarBody>
        </MessageBar>
      )}
      <Command command={planCommand({ byCount, maxMoving })} />
    </form>
  )
}
