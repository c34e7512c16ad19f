import * as Schema from "effect/Schema"
import { ProcessId } from "./ProcessId.ts"

/** What a live process uses, with all of its descendants that can be found. */
const ProcessUsage = Schema.Struct({
  id: ProcessId,
  /** Processor time so far, also of those of them that have exited and were waited for. */
  cpuMs: Schema.Finite,
  /** Resident memory at most: pages that several of them share are counted for each. */
  residentBytes: Schema.Natural
})

/** The same of several, at one moment. Of two looks the difference of `cpuMs` over that of `at` is the share of a processor. */
export const UsageSample = Schema.Struct({
  /** Milliseconds since the epoch. */
  at: Schema.Finite,
  processes: Schema.Array(ProcessUsage)
})
export type UsageSample = typeof UsageSample.Type
