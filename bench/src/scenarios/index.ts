import type { Subject } from "../subjects/Subject.ts"
import { mainStall } from "./main-stall.ts"

export interface Scenario {
  /** What the figures say, for a person. */
  readonly title: string
  /** Bytes of heap that the host holds, one row of results each. */
  readonly heaps: ReadonlyArray<number>
  readonly rounds: number
  readonly measure: (subject: Subject) => Promise<Readonly<Record<string, number>>>
}

const GB = 1024 ** 3

export const scenarios: Readonly<Record<string, Scenario>> = {
  "main-stall": {
    title: "200 spawns at once: how long the main thread is held up (ms)",
    heaps: [0, 2 * GB],
    rounds: 5,
    measure: mainStall
  }
}
