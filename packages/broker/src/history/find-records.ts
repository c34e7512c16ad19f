/**
 * Looks records up, the youngest first, a stretch of the table at a time.
 *
 * A statement cannot be called off once SQLite runs it, so none looks at more than {@link STRETCH_ROWS}. What takes long beside
 * that is to search outputs.
 */
import type { HistoryPlace, HistoryQuery, HistoryRecord } from "@spawnbroker/protocol"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import { expand } from "./expand.ts"
import { compileSearch, type SearchOutputs } from "./search-outputs.ts"

/** Rows that one statement looks at. Higher: fewer statements. Lower: each is over sooner. */
const STRETCH_ROWS = 4096
/** The same where each row may be looked through for a text. */
const STRETCH_ROWS_OF_TEXT = 256
/** Rows of a statement whose outputs are searched. Higher: more memory. */
const SEARCHED_ROWS = 256

/** Whose records may be seen: everybody's, or those of a token, and of those that were derived from it. */
export type Viewer = "everybody" | { readonly tokenId: string }

export interface PageRequest {
  readonly viewer: Viewer
  readonly query: HistoryQuery
  readonly after?: HistoryPlace | undefined
  readonly size: number
  /** After so long a page is answered as it is, with the place from where to go on, even where it has nothing. */
  readonly patienceMs: number
}

/** Records as they cross, before they are decoded. */
export interface Page {
  readonly records: ReadonlyArray<HistoryRecord>
  readonly next?: HistoryPlace
}

type Row = Readonly<Record<string, SQLInputValue>>

/** Throws a `SyntaxError` for an expression that is none. */
export const findPage = (database: DatabaseSync, request: PageRequest): Page => {
  const { viewer, query, after, size, patienceMs } = request
  const search = query.output === undefined ? undefined : compileSearch(database, query.output)
  const { where, values } = conditionsOf(viewer, query, search !== undefined)
  const stretch = database.prepare(
    `SELECT ${columns} FROM processes WHERE n BETWEEN ? AND ? AND ${where} ORDER BY n DESC LIMIT ?`
  )
  const startedAt = performance.now()
  const isLate = (): boolean => performance.now() - startedAt > patienceMs
  const records: Array<HistoryRecord> = []
  const { first, last } = rangeOf(database)
  let high = after === undefined ? last : beforePlace(database, after)
  const stretchRows = query.text === undefined ? STRETCH_ROWS : STRETCH_ROWS_OF_TEXT
  while (high >= first) {
    const low = Math.max(first, high - stretchRows + 1)
    // One more than is wanted, since only that says that there is a next page.
    const limit = search === undefined ? size - records.length + 1 : SEARCHED_ROWS
    const rows = stretch.all(low, high, ...values, limit) as Array<Row>
    for (const row of rows) {
      if (records.length === size) return { records, next: placeOf(records.at(-1)!) }
      const record = recordOf(database, row, search)
      if (record !== undefined) records.push(record)
      if (search !== undefined && isLate()) {
        return { records, next: { id: row["id"], startedAt: row["started_at"] } as HistoryPlace }
      }
    }
    high = (rows.length < limit ? low : Number(rows.at(-1)!["n"])) - 1
  }
  return { records }
}

interface FoundBytes {
  readonly fd: number
  readonly omitted: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The process of that name, if one may see it: what is kept of its outputs. */
export const findOutputs = (
  database: DatabaseSync,
  viewer: Viewer,
  id: string
): ReadonlyArray<FoundBytes> | undefined => {
  const { where, values } = conditionsOf(viewer, { id } as HistoryQuery, false)
  const row = database.prepare(`SELECT n FROM processes WHERE ${where}`).get(...values)
  if (row === undefined) return undefined
  return readOutputs(database, Number(row["n"]))
}

const placeOf = ({ id, startedAt }: HistoryRecord): HistoryPlace => ({ id, startedAt })

/** The last row before a place, also where its own row is gone by now. */
const beforePlace = (database: DatabaseSync, { id, startedAt }: HistoryPlace): number => {
  const own = database.prepare("SELECT n FROM processes WHERE id = ?").get(id)
  if (own !== undefined) return Number(own["n"]) - 1
  const older = database.prepare("SELECT max(n) AS n FROM processes WHERE started_at <= ?").get(startedAt)
  return Number(older?.["n"] ?? 0)
}

const rangeOf = (database: DatabaseSync): { readonly first: number; readonly last: number } => {
  const { first, last } = database.prepare("SELECT min(n) AS first, max(n) AS last FROM processes").get() as Row
  return { first: Number(first ?? 1), last: Number(last ?? 0) }
}

interface Conditions {
  readonly where: string
  readonly values: ReadonlyArray<SQLInputValue>
}

const ownTokens = `token IN (
  WITH RECURSIVE own (id) AS (SELECT ? UNION SELECT tokens.id FROM tokens JOIN own ON tokens.parent = own.id)
  SELECT id FROM own)`

const conditionsOf = (viewer: Viewer, query: HistoryQuery, hasOutput: boolean): Conditions => {
  const { id, subject, command, states, since, until, exit, text } = query
  const all: Array<readonly [sql: string, ...values: ReadonlyArray<SQLInputValue>]> = [["TRUE"]]
  if (viewer !== "everybody") all.push([ownTokens, viewer.tokenId])
  if (id !== undefined) all.push(["id = ?", id])
  if (subject !== undefined) all.push(["subject = ?", subject])
  if (command !== undefined) {
    all.push([
      "(command = ?1 OR file = ?1 OR substr(file, -length(?1) - 1) = '/' || ?1)".replaceAll("?1", "?"),
      command,
      command,
      command,
      command
    ])
  }
  if (states !== undefined) all.push([`state IN (${states.map(() => "?").join(", ")})`, ...states])
  if (since !== undefined) all.push(["started_at >= ?", since])
  if (until !== undefined) all.push(["started_at < ?", until])
  if (exit !== undefined) all.push(exitCondition(exit))
  if (text !== undefined) {
    const fields = ["command", "args", "file", "cwd"]
    const pattern = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`
    // In JSON some characters of an argument are written in another way.
    const inJson = `%${JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[\\%_]/g, "\\$&")}%`
    const sql = fields.map((field) => `${field} LIKE ? ESCAPE '\\'`).join(" OR ")
    all.push([`(${sql})`, ...fields.map((field) => (field === "args" ? inJson : pattern))])
  }
  if (hasOutput) all.push(["EXISTS (SELECT 1 FROM outputs WHERE process = n)"])
  return { where: all.map(([sql]) => sql).join(" AND "), values: all.flatMap(([, ...values]) => values) }
}

const exitCondition = (exit: NonNullable<HistoryQuery["exit"]>): readonly [string, ...ReadonlyArray<SQLInputValue>] => {
  if (exit === "success") return ["code = 0"]
  if (exit === "failure") return ["(code > 0 OR signal IS NOT NULL)"]
  return exit._tag === "Exited" ? ["code = ?", exit.code] : ["signal = ?", exit.signal]
}

const columns = `n, id, pid, subject, token, operation, command, args, args_omitted, file, cwd, rule, state, started_at, exited_at,
  duration_ms, code, signal, killed_by, exceeded, stdin_bytes, stdout_bytes, stderr_bytes, cpu_ms, peak_rss_bytes`

/** None where it has not the output that is searched for. */
const recordOf = (database: DatabaseSync, row: Row, search: SearchOutputs | undefined): HistoryRecord | undefined => {
  const found = search?.(Number(row["n"]))
  if (search !== undefined && found === undefined) return undefined
  const kept = database.prepare("SELECT fd, omitted, bytes FROM outputs WHERE process = ? ORDER BY fd").all(row["n"]!)
  return {
    id: row["id"],
    pid: row["pid"],
    subject: row["subject"],
    tokenId: row["token"],
    operation: row["operation"],
    command: row["command"],
    args: JSON.parse(row["args"] as string),
    ...present("argsOmitted", row["args_omitted"]),
    file: row["file"],
    cwd: row["cwd"],
    rule: row["rule"],
    state: row["state"],
    startedAt: row["started_at"],
    ...present("exitedAt", row["exited_at"]),
    ...present("durationMs", row["duration_ms"]),
    ...present("exit", exitOf(row)),
    ...present("killedBy", row["killed_by"]),
    ...present("limit", row["exceeded"]),
    ...present("bytes", bytesOf(row)),
    ...present("cpuMs", row["cpu_ms"]),
    ...present("peakRssBytes", row["peak_rss_bytes"]),
    ...(kept.length > 0 && { kept: kept.map(({ fd, omitted, bytes }) => ({ fd, omitted, bytes })) }),
    ...present("found", found)
  } as unknown as HistoryRecord
}

const present = (name: string, value: unknown): object =>
  value === null || value === undefined ? {} : { [name]: value }

const exitOf = ({ code, signal }: Row): object | undefined => {
  if (signal !== null) return { _tag: "Signaled", signal }
  return code === null ? undefined : { _tag: "Exited", code }
}

const bytesOf = ({ stdin_bytes: stdin, stdout_bytes: stdout, stderr_bytes: stderr }: Row): object | undefined =>
  stdout === null ? undefined : { stdin, stdout, stderr }

const readOutputs = (database: DatabaseSync, process: number) =>
  database
    .prepare("SELECT fd, omitted, bytes, data FROM outputs WHERE process = ? ORDER BY fd")
    .all(process)
    .map(({ fd, omitted, bytes, data }) => ({
      fd: Number(fd),
      omitted: Number(omitted),
      bytes: expand(data as Uint8Array, Number(bytes))
    }))
