import type { ReactNode } from "react"
import "./facts.css"

/** Names and what they stand for, a line each. */
export const Facts = ({
  facts
}: {
  readonly facts: ReadonlyArray<readonly [name: string, value: ReactNode]>
}) => (
  <dl className="facts">
    {facts.map(([name, value]) => (
      <div key={name} className="facts__line">
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
