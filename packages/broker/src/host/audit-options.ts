import { BrokerUnavailable } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { resolve } from "node:path"
import type { AuditStart } from "../link/worker-start.ts"

/** Where every decision of the broker, and every start and end of a process, is written down. */
export interface AuditOptions {
  /**
   * Path of the file, which is made, and appended to, with mode 0600. JSON, a line a fact: see `AuditLine` in
   * `@spawnbroker/protocol`. One file for one broker. It must be a regular file, and no link.
   */
  readonly file: string
  /**
   * Bytes after which another file is begun, and this one renamed to `file.1`, that to `file.2`, and so on. At least 4096.
   * @default 16 MiB
   */
  readonly maxBytes?: number | undefined
  /**
   * How many renamed files are kept.
   * @default 5
   */
  readonly keep?: number | undefined
  /**
   * Whether the broker ends itself, and every process with it, once a line cannot be written. Otherwise it goes on: what
   * cannot be written is tried again, held for a while (8 MiB), then lost and counted; the log says so, and the file, and
   * `stats`.
   * @default false
   */
  readonly required?: boolean | undefined
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const MIN_MAX_BYTES = 4096
const DEFAULT_KEEP = 5
const MAX_KEEP = 1000

/** The options with their defaults, or what is wrong with them. */
export const decodeAudit = (
  options: AuditOptions | undefined
): Effect.Effect<AuditStart | undefined, BrokerUnavailable> => {
  if (options === undefined) return Effect.undefined
  const { file, maxBytes = DEFAULT_MAX_BYTES, keep = DEFAULT_KEEP, required = false } = options
  if (typeof file !== "string" || file === "") return wrong("`audit.file` must be the path of a file")
  if (!Number.isSafeInteger(maxBytes) || maxBytes < MIN_MAX_BYTES)
    return wrong(`\`audit.maxBytes\` must be a whole number, at least ${MIN_MAX_BYTES}`)
  if (!Number.isSafeInteger(keep) || keep < 0 || keep > MAX_KEEP)
    return wrong(`\`audit.keep\` must be a whole number from 0 to ${MAX_KEEP}`)
  return Effect.succeed({ file: resolve(file), maxBytes, keep, required })
}

const wrong = (reason: string): Effect.Effect<never, BrokerUnavailable> =>
  Effect.fail(new BrokerUnavailable({ reason }))
