import "./figure.css"

interface Props {
  readonly name: string
  readonly value: string
  readonly note: string
  readonly tone?: "good" | "bad"
}

/** One number that says how things are. */
export const Figure = ({ name, value, note, tone }: Props) => (
  <dl className="figure" data-tone={tone}>
    <dt className="figure__name">{name}</dt>
    <dd className="figure__value">{value}</dd>
    <dd className="figure__note">{note}</dd>
  </dl>
)
