import { collectGarbage } from "../instruments/collect-garbage.ts"
import { watchMainThread } from "../instruments/main-thread.ts"
import { forgetPeak, peakBytes } from "../instruments/processes.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Metric, Scenario } from "./Scenario.ts"

const MB = 1_000_000

const sizes = {
  full: { warmUpBytes: 200 * MB, bytes: 3000 * MB },
  quick: { warmUpBytes: MB, bytes: 8 * MB }
}

const CHILDREN = 8

/** So many children at once that write so many bytes between them. */
const readAll = async ({ run }: Subject, children: number, bytes: number) => {
  await collectGarbage()
  forgetPeak()
  let read = 0
  const { elapsedMs, busyPercent } = await watchMainThread(() =>
    Promise.all(
      Array.from({ length: children }, () =>
        run(commands.head, ["-c", `${bytes / children}`, "/dev/zero"], (length) => (read += length))
      )
    )
  )
  if (read !== bytes) throw new Error(`${read} bytes were read instead of ${bytes}`)
  return { rate: bytes / MB / (elapsedMs / 1000), busy: busyPercent, memory: peakBytes() / 1024 ** 2 }
}

const rate = (label: string): Metric => ({ label, unit: "MB/s", better: "more" })
const busy = (label: string): Metric => ({ label, unit: "%", better: "less" })
const memory = (label: string): Metric => ({ label, unit: "MiB", better: "less" })

export const throughput: Scenario<"rate1" | "busy1" | "memory1" | "rate8" | "busy8" | "memory8"> = {
  title: "3 GB from one child, and from 8 at once",
  ballasts: ["small heap"],
  seconds: 74,
  metrics: {
    rate1: rate("1 child"),
    busy1: busy("1 child, main thread busy"),
    memory1: memory("1 child, most memory of the host"),
    rate8: rate("8 children"),
    busy8: busy("8 children, main thread busy"),
    memory8: memory("8 children, most memory of the host")
  },
  warmUp: (subject, size) => readAll(subject, CHILDREN, sizes[size].warmUpBytes),
  measure: async (subject, size) => {
    const { bytes } = sizes[size]
    const one = await readAll(subject, 1, bytes)
    const eight = await readAll(subject, CHILDREN, bytes)
    return {
      rate1: one.rate,
      busy1: one.busy,
      memory1: one.memory,
      rate8: eight.rate,
      busy8: eight.busy,
      memory8: eight.memory
    }
  }
}
