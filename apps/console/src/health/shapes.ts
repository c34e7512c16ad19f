/** What the gateway tells admins of its broker, as far as it is shown. */
import type { Histogram } from "./quantile.ts"

export interface Health {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly bounds: ReadonlyArray<number>
  readonly host: { readonly uptimeSeconds: number; readonly rssBytes: number }
  readonly stats: {
    readonly spawner: string
    readonly launchers: number
    readonly tokens: number
    readonly replaced: number
    readonly audit?: { readonly held: number; readonly lost: number }
    readonly history?: { readonly held: number; readonly lost: number }
    readonly pool: { readonly threads: number; readonly streams: number; readonly waiting: number }
  }
  readonly metrics: {
    readonly starts: {
      readonly started: number
      readonly denied: number
      readonly limited: number
      readonly failed: number
    }
    readonly processes: { readonly starting: number; readonly running: number; readonly exited: number }
    readonly sessions: number
    readonly denials: number
    readonly bytes: {
      readonly stdin: number
      readonly stdout: number
      readonly stderr: number
      readonly other: number
    }
    readonly malformedMessages: number
    readonly truncated: number
    readonly waiting: { readonly inputBytes: number; readonly facts: number; readonly auditLines: number }
    readonly lost: { readonly facts: number; readonly auditLines: number }
    readonly windows: { readonly heldBytes: number; readonly sizeBytes: number; readonly full: number }
    readonly restarts: { readonly launchers: number; readonly daemons: number }
    readonly loopDelay: Histogram
    readonly launchers: ReadonlyArray<{ readonly seat: number; readonly loopDelay: Histogram }>
  }
}
