import { BrokerUnavailable } from "@spawnbroker/protocol"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { lstatSync, mkdirSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { historyFile } from "../history/history-file.ts"
import type { HistoryStart } from "../link/worker-start.ts"

/** Where it is remembered what has run, and for how long. */
export interface HistoryOptions {
  /**
   * Path of the database (SQLite), which is made, with mode 0600. A regular file, and no link. Several brokers of one user may
   * share one. `"memory"`: in none, and so no longer than the broker's thread lives.
   * @default history.db in the user's state directory: `$XDG_STATE_HOME/spawnbroker`, or `~/.local/state/spawnbroker`
   */
  readonly file?: string | undefined
  /**
   * How old a record may become.
   * @default "30 days"
   */
  readonly maxAge?: Duration.Input | undefined
  /**
   * Processes that are remembered at most, and as many other facts. The oldest go first.
   * @default 100,000
   */
  readonly maxRows?: number | undefined
  /**
   * Size of what is remembered, in bytes. At least 1 MiB.
   * @default 256 MiB
   */
  readonly maxBytes?: number | undefined
  /**
   * How long one step of a search may take before it is ended: that of one output, where it is an expression that explodes.
   * Higher: others wait longer for theirs.
   * @default "5 seconds"
   */
  readonly searchTimeout?: Duration.Input | undefined
}

const DEFAULT_MAX_AGE = "30 days"
const DEFAULT_MAX_ROWS = 100_000
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024
const MIN_MAX_BYTES = 1024 * 1024
const DEFAULT_SEARCH_TIMEOUT = "5 seconds"

/** The options with their defaults, or what is wrong with them. */
export const decodeHistory = (
  options: boolean | "memory" | HistoryOptions | undefined
): Effect.Effect<HistoryStart | undefined, BrokerUnavailable> => {
  if (options === undefined || options === false) return Effect.undefined
  const given = options === true ? {} : options === "memory" ? { file: "memory" } : options
  const { file = historyFile(), maxRows = DEFAULT_MAX_ROWS, maxBytes = DEFAULT_MAX_BYTES } = given
  const maxAgeMs = millis(given.maxAge ?? DEFAULT_MAX_AGE)
  const searchTimeoutMs = millis(given.searchTimeout ?? DEFAULT_SEARCH_TIMEOUT)
  if (typeof file !== "string" || file === "") return wrong("`history.file` must be the path of a file")
  if (!(maxAgeMs > 0)) return wrong("`history.maxAge` must be a duration such as `30 days`")
  if (!(searchTimeoutMs > 0 && searchTimeoutMs < MAX_SEARCH_MS))
    return wrong("`history.searchTimeout` must be a duration of less than a day")
  if (!Number.isSafeInteger(maxRows) || maxRows < 1)
    return wrong("`history.maxRows` must be a whole number, at least 1")
  if (!Number.isSafeInteger(maxBytes) || maxBytes < MIN_MAX_BYTES)
    return wrong(`\`history.maxBytes\` must be a whole number, at least ${MIN_MAX_BYTES}`)
  const path = file === "memory" ? undefined : resolve(file)
  const start: HistoryStart = { file: path, keep: { maxAgeMs, maxRows, maxBytes }, searchTimeoutMs }
  return path !== undefined && given.file === undefined
    ? Effect.as(makeOwnDirectory(dirname(path)), start)
    : Effect.succeed(start)
}

const MAX_SEARCH_MS = 86_400_000

const millis = (duration: Duration.Input): number =>
  Option.match(Duration.fromInput(duration), { onNone: () => Number.NaN, onSome: Duration.toMillis })

/** The one of the default, which may not be there yet, and is nobody else's to reach into. */
const makeOwnDirectory = (directory: string): Effect.Effect<void, BrokerUnavailable> =>
  Effect.try({
    try: () => {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const { mode, uid } = lstatSync(directory)
      if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error("others can reach into it")
    },
    catch: (cause) =>
      new BrokerUnavailable({
        reason: `its history cannot be in ${directory}: ${(cause as Error).message}; give a \`history.file\``
      })
  })

const wrong = (reason: string): Effect.Effect<never, BrokerUnavailable> =>
  Effect.fail(new BrokerUnavailable({ reason }))
