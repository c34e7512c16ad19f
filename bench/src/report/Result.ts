/** One figure of one subject over all rounds, as it is kept in `results/latest.json`. */
export interface Result {
  readonly scenario: string
  readonly subject: string
  readonly metric: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** In the order of the rounds. */
  readonly samples: ReadonlyArray<number>
}

/** Figures by the name of their metric in the results. */
export type Sample = Readonly<Record<string, number>>
