/** What is known of a process, in words. */
import type { ReactNode } from "react"

export type FactEntry = readonly [name: string, value: ReactNode]

/** Those without a value are left out. */
export const FactList = ({ facts }: { readonly facts: ReadonlyArray<FactEntry> }) => (
  <dl className="facts">
    {facts
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)

interface StateTextProps {
  readonly state: { readonly text: string; readonly tone: string }
}

export const StateText = ({ state: { text, tone } }: StateTextProps) => (
  <span className="state" data-tone={tone}>
    {text}
  </span>
)
