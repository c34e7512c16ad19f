import type { Subject } from "../subjects/Subject.ts"
import type { BallastName } from "../instruments/ballast.ts"

/** What one figure is. */
export interface Metric {
  /** Its name in the results. */
  readonly label: string
  readonly unit: string
  readonly better: "more" | "less"
}

/** `quick` does so little that only a test can use it. */
export type Size = "full" | "quick"

export interface Scenario<Key extends string = string> {
  /** What it measures, for a person. */
  readonly title: string
  /** What the host holds while it is measured, one set of figures each. The first is the smallest. */
  readonly ballasts: ReadonlyArray<BallastName>
  /**
   * For how long rounds are begun, if the next is expected to end within it; there is always one. Higher: more samples.
   * Lower: a shorter run. All together are less than ten minutes.
   */
  readonly seconds: number
  readonly metrics: Readonly<Record<Key, Metric>>
  /** What is done before the ballast is there, and not measured. */
  readonly warmUp: (subject: Subject, size: Size) => Promise<unknown>
  readonly measure: (subject: Subject, size: Size) => Promise<Readonly<Record<Key, number>>>
}
