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
