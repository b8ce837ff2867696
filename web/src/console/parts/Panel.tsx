import { type ReactNode, useId } from "react"
import "./panel.css"

interface Props {
  readonly title: string
  /** Beside the title: what sums it up. */
  readonly note?: ReactNode
  /** At the end of the title's line: what can be done. */
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

/** One thing that the console shows, under its name. */
export const Panel = ({ title, note, actions, children, className }: Props) => {
  const id = useId()
  return (
    <section className={className === undefined ? "panel" : `panel ${className}`} aria-labelledby={id}>
      <header className="panel__head">
        <h2 id={id} className="panel__title">
          {title}
        </h2>
        {note !== undefined && <span className="panel__note">{note}</span>}
        {actions !== undefined && <div className="panel__actions">{actions}</div>}
      </header>
      {children}
    </section>
  )
}
