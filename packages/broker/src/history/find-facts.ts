import type { BusEventTag } from "@spawnbroker/protocol"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"

/** Which facts are wanted. */
export interface FactQuery {
  readonly types?: ReadonlyArray<BusEventTag> | undefined
  readonly subject?: string | undefined
  /** At this time or after it, in milliseconds since the epoch. */
  readonly since?: number | undefined
  /** Before this time. */
  readonly until?: number | undefined
}

/** Facts as they were written, the youngest first, before a row. `last`: from where to go on. */
export const findFacts = (
  database: DatabaseSync,
  { types, subject, since, until }: FactQuery,
  before: number,
  size: number
): { readonly events: ReadonlyArray<unknown>; readonly last: number | undefined } => {
  const conditions: Array<readonly [sql: string, ...values: ReadonlyArray<SQLInputValue>]> = [["n < ?", before]]
  if (types !== undefined) conditions.push([`kind IN (${types.map(() => "?").join(", ")})`, ...types])
  if (subject !== undefined) conditions.push(["subject = ?", subject])
  if (since !== undefined) conditions.push(["at >= ?", since])
  if (until !== undefined) conditions.push(["at < ?", until])
  const where = conditions.map(([sql]) => sql).join(" AND ")
  const rows = database
    .prepare(`SELECT n, event FROM facts WHERE ${where} ORDER BY n DESC LIMIT ?`)
    .all(...conditions.flatMap(([, ...values]) => values), size)
  return {
    events: rows.map(({ event }) => JSON.parse(event as string) as unknown),
    last: rows.length < size ? undefined : Number(rows.at(-1)!["n"])
  }
}
