import type { Mark } from "./marks.ts"
import "./marks.css"

interface Props {
  readonly runnerId: string
  readonly mark: Mark | undefined
}

/** A runner's letter on its colour and pattern, and its name. */
export const RunnerMark = ({ runnerId, mark }: Props) => (
  <span className="runner-mark">
    {mark !== undefined && (
      <span className="runner-mark__badge marked" data-mark={mark.style} data-heat={6} aria-hidden="true">
        <span className="runner-mark__letter">{mark.letter}</span>
      </span>
    )}
    <span className="runner-mark__name">{runnerId === "" ? "–" : runnerId}</span>
  </span>
)
