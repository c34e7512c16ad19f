/** One figure of one subject, over all its rounds. */
export interface Result {
  readonly scenario: string
  readonly subject: string
  readonly heapBytes: number
  readonly metric: string
  readonly median: number
  readonly min: number
  readonly max: number
  readonly samples: ReadonlyArray<number>
}

type Samples = ReadonlyMap<string, ReadonlyArray<Readonly<Record<string, number>>>>

/** Medians and spread of every metric of every subject. */
export const summarise = (scenario: string, heapBytes: number, samples: Samples): ReadonlyArray<Result> =>
  [...samples].flatMap(([subject, rounds]) =>
    Object.keys(rounds[0]!)
      .filter((metric) => metric !== "heapObjects")
      .map((metric) => {
        const values = rounds.map((round) => round[metric]!).toSorted((a, b) => a - b)
        const median = values[values.length >> 1]!
        return { scenario, subject, heapBytes, metric, median, min: values[0]!, max: values.at(-1)!, samples: values }
      })
  )

/** The medians as text: a row a subject and heap, a column a metric. */
export const table = (results: ReadonlyArray<Result>): string => {
  const metrics = [...new Set(results.map(({ metric }) => metric))]
  const rows = Map.groupBy(results, ({ subject, heapBytes }) => `${subject.padEnd(22)} heap ${heapBytes / 2 ** 30} GB`)
  const lines = [...rows].map(([name, cells]) =>
    [name.padEnd(36), ...metrics.map((metric) => show(cells.find((cell) => cell.metric === metric)))].join("")
  )
  return [["".padEnd(36), ...metrics.map((metric) => metric.padStart(20))].join(""), ...lines].join("\n")
}

const show = (result: Result | undefined): string =>
  (result === undefined ? "" : `${result.median} (${result.min}–${result.max})`).padStart(20)
