import type { ReactNode } from "react"
import "./dataTable.css"

export interface Column<Row> {
  readonly key: string
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  readonly isNumber?: boolean
}

interface Props<Row> {
  /** Says what the table shows to who cannot see where it stands. */
  readonly caption: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: ReadonlyArray<Row>
  readonly rowKey: (row: Row) => string
  /** Instead of rows where there are none. */
  readonly empty: string
}

/**
 * A table that turns into a list of cards where it is narrow, so that nobody scrolls sideways at 400 % zoom. The roles
 * are written out because a table that is laid out otherwise loses its own.
 */
export const DataTable = <Row,>({ caption, columns, rows, rowKey, empty }: Props<Row>) =>
  rows.length === 0 ? (
    <p className="data-table__empty">{empty}</p>
  ) : (
    <div className="data-table">
      {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
      <table role="table" className="data-table__table">
        <caption className="only-spoken">{caption}</caption>
        {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
        <thead role="rowgroup">
          {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
          <tr role="row">
            {columns.map(({ key, title, isNumber }) => (
              // biome-ignore lint/a11y/noRedundantRoles: see above
              <th role="columnheader" key={key} scope="col" data-number={isNumber}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
        <tbody role="rowgroup">
          {rows.map((row) => (
            // biome-ignore lint/a11y/noRedundantRoles: see above
            <tr role="row" key={rowKey(row)}>
              {columns.map(({ key, title, cell, isNumber }) => (
                // biome-ignore lint/a11y/noRedundantRoles: see above
                <td role="cell" key={key} data-title={title} data-number={isNumber}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
