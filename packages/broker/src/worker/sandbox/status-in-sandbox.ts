import type { Signal } from "@spawnbroker/protocol"
import { constants } from "node:os"
import type { SpawnedEnd } from "../spawn/Spawner.ts"

/**
 * How a sandboxed process ended.
 *
 * bubblewrap tells of a child that the signal n has ended as a shell does: with the code 128 + n. A program can have that code
 * of its own (git exits with 129), and the two look the same. So it is taken for the signal where that has been sent, and told
 * as it came where not.
 */
export const statusInSandbox = (end: SpawnedEnd, sent: ReadonlySet<Signal>): SpawnedEnd => {
  const signal = [...sent].find((each) => end.code === 128 + constants.signals[each])
  return signal === undefined ? end : { ...end, code: null, signal }
}
