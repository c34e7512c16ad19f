/** What the tests of chaos have in common: processes that can be told apart, and a report of how long things took. */
import { processes, type ProcessFacts } from "../../src/index.ts"

let last = 0

/** A time to sleep that nobody else on this machine sleeps. */
export const uniqueSeconds = (): string => `9${process.pid}.${++last}`

/** The living processes that sleep so long, wherever they are and whatever they have in their environment. */
export const sleepersOf = (seconds: string): ReadonlyArray<ProcessFacts> =>
  processes().filter(({ command, state }) => command === `sleep ${seconds}` && state !== "Z" && state !== "X")

/** Prints the median and the worst of some times, in milliseconds. */
export const report = (what: string, times: ReadonlyArray<number>): void => {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string => sorted[Math.ceil(part * sorted.length) - 1]!.toFixed(0)
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, of ${times.length}`)
}
