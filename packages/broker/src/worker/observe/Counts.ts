import { LimitExceeded, PermissionDenied, type ProcessError } from "@spawnbroker/protocol"
import { Times } from "../../link/Times.ts"

/** What is counted as it happens. The rest is looked up when somebody asks: see `take-metrics.ts`. */
export class Counts {
  readonly starts = { started: 0, denied: 0, limited: 0, failed: 0 }
  readonly startTime = new Times()
  /** Whatever a rule has refused, starts among it. */
  denials = 0
  /** Streams that have lost output. */
  truncated = 0
  daemonRestarts = 0
  /** Facts that slow subscribers have lost. */
  lostFacts = 0

  started(afterMs: number): void {
    this.starts.started++
    this.startTime.add(afterMs / 1000)
  }

  /** A start was. */
  refused(error: ProcessError): void {
    if (error instanceof PermissionDenied) {
      this.starts.denied++
      this.denials++
    } else if (error instanceof LimitExceeded) this.starts.limited++
    else this.starts.failed++
  }
}
