import type { Filter } from "./Filter.ts"

const outcomes: ReadonlyArray<readonly [Filter["outcome"], string]> = [
  ["any", "any outcome"],
  ["success", "succeeded"],
  ["failure", "failed"],
  ["running", "running"],
  ["lost", "lost: its broker ended first"]
]

const times = [
  ["", "at any time"],
  ["1", "in the last hour"],
  ["24", "in the last day"],
  ["168", "in the last week"],
  ["720", "in the last 30 days"]
] as const

interface FilterFormProps {
  readonly filter: Filter
  readonly onFilter: (filter: Filter) => void
  readonly onRefresh: () => void
}

export const FilterForm = ({ filter, onFilter, onRefresh }: FilterFormProps) => {
  const set = (change: Partial<Filter>): void => onFilter({ ...filter, ...change })
  return (
    <form
      className="tools"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        onRefresh()
      }}
    >
      <input
        type="search"
        aria-label="Text in the command, its arguments, or the directory"
        placeholder="Text"
        maxLength={1000}
        value={filter.text}
        onChange={(event) => set({ text: event.target.value })}
      />
      <input
        aria-label="Command"
        placeholder="Command"
        value={filter.command}
        onChange={(event) => set({ command: event.target.value })}
      />
      <input
        aria-label="Who"
        placeholder="Who"
        value={filter.subject}
        onChange={(event) => set({ subject: event.target.value })}
      />
      <select
        aria-label="Outcome"
        value={filter.outcome}
        onChange={(event) => set({ outcome: event.target.value as Filter["outcome"] })}
      >
        {outcomes.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <select aria-label="Started" value={filter.hours} onChange={(event) => set({ hours: event.target.value })}>
        {times.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <input
        aria-label="In the output"
        placeholder="In the output"
        maxLength={1000}
        value={filter.output}
        onChange={(event) => set({ output: event.target.value })}
      />
      <label>
        <input
          type="checkbox"
          checked={filter.isExpression}
          onChange={(event) => set({ isExpression: event.target.checked })}
        />{" "}
        regular expression
      </label>
      <button>Refresh</button>
    </form>
  )
}
