/** The first row of a table. */
interface TableHeadProps {
  readonly columns: ReadonlyArray<string>
  /** Those whose cells are figures. */
  readonly numbers?: ReadonlyArray<string>
}

export const TableHead = ({ columns, numbers = [] }: TableHeadProps) => (
  <thead>
    <tr>
      {columns.map((name) => (
        <th key={name} scope="col" className={numbers.includes(name) ? "number" : undefined}>
          {name}
        </th>
      ))}
    </tr>
  </thead>
)
