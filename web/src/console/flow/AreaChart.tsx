import { historyMillis, type Sample } from "../history.ts"
import "./areaChart.css"

interface Props {
  readonly samples: ReadonlyArray<Sample>
  readonly now: number
  /** What the picture shows, in a sentence. */
  readonly label: string
  readonly from: string
  readonly to: string
  readonly top: string
  /** The value that reaches the upper edge. */
  readonly max: number
}

const width = 600
const height = 80

/** The last 15 minutes of one number. */
export const AreaChart = ({ samples, now, label, from, to, top, max }: Props) => {
  const points = samples.map(({ at, value }) => {
    const x = width - ((now - at) / historyMillis) * width
    const y = height - (Math.min(value, max) / max) * height
    return [x, y] as const
  })
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")
  const [firstX] = points[0] ?? [width]
  const [lastX] = points.at(-1) ?? [width]
  return (
    <figure className="area-chart">
      <svg
        className="area-chart__picture"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <line className="area-chart__grid" x1={0} x2={width} y1={height / 2} y2={height / 2} />
        <line className="area-chart__grid" x1={0} x2={width} y1={0.5} y2={0.5} />
        {points.length > 0 && (
          <polygon className="area-chart__area" points={`${firstX},${height} ${line} ${lastX},${height}`} />
        )}
        <polyline className="area-chart__line" points={line} />
        <line className="area-chart__base" x1={0} x2={width} y1={height} y2={height} />
      </svg>
      <figcaption className="area-chart__axis" aria-hidden="true">
        <span>{from}</span>
        <span>{top}</span>
        <span>{to}</span>
      </figcaption>
    </figure>
  )
}
