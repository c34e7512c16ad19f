import type { Reporter, TestCase } from "vitest/node"

/** Longest time without a line. A run that says nothing for longer looks as if it hung. */
const INTERVAL_MS = 3000

/**
 * A sign of life where there is no terminal: how many tests are done, and which was the last.
 *
 * Vitest's own reporter says nothing of a file until the whole file is done, and some take a minute and more.
 */
export class ProgressReporter implements Reporter {
  readonly #startedAt = Date.now()
  #done = 0
  #last = "starting"
  #timer: NodeJS.Timeout | undefined

  onTestRunStart(): void {
    if (!process.stdout.isTTY) this.#timer = setInterval(() => this.#print(), INTERVAL_MS)
  }

  onTestCaseResult({ fullName }: TestCase): void {
    this.#done++
    this.#last = fullName
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer)
  }

  #print(): void {
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000)
    process.stdout.write(`   ${seconds} s: ${this.#done} tests done, the last: ${this.#last.slice(0, 90)}\n`)
  }
}
