import { collectGarbage } from "../instruments/collect-garbage.ts"
import { keepInFlight } from "../instruments/keep-in-flight.ts"
import { children, residentBytes } from "../instruments/processes.ts"
import type { Live, Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = {
  full: { warmUp: 100, count: 1000, inFlight: 64 },
  quick: { warmUp: 2, count: 8, inFlight: 4 }
}

export const many: Scenario<"memory" | "helpers" | "start" | "stop"> = {
  title: "1,000 processes alive at once, with all three streams piped",
  ballasts: ["small heap"],
  seconds: 54,
  metrics: {
    memory: { label: "memory of the host, a child", unit: "KiB", better: "less" },
    helpers: { label: "memory of helper processes, a child", unit: "KiB", better: "less" },
    start: { label: "until all are started", unit: "ms", better: "less" },
    stop: { label: "until all are stopped", unit: "ms", better: "less" }
  },
  warmUp: async (subject, size) => {
    const { warmUp, inFlight } = sizes[size]
    await stopAll(await startAll(subject, warmUp, inFlight))
  },
  measure: async (subject, size) => {
    const { count, inFlight } = sizes[size]
    // Before there are any: those of the subject itself.
    const helpers = children()
    const before = memoryOf(helpers)
    const startedAt = performance.now()
    const processes = await startAll(subject, count, inFlight)
    const start = performance.now() - startedAt
    await collectGarbage()
    const after = memoryOf(helpers)
    const stoppedAt = performance.now()
    await stopAll(processes)
    return {
      memory: (after.host - before.host) / count / 1024,
      helpers: (after.helpers - before.helpers) / count / 1024,
      start,
      stop: performance.now() - stoppedAt
    }
  }
}

const startAll = async (subject: Subject, count: number, inFlight: number): Promise<ReadonlyArray<Live>> => {
  const processes: Array<Live> = []
  await keepInFlight({ count, inFlight }, async () => {
    processes.push(await subject.start(commands.sleep, ["600"], () => {}))
  })
  return processes
}

const stopAll = (processes: ReadonlyArray<Live>): Promise<unknown> => Promise.all(processes.map(({ stop }) => stop()))

const memoryOf = (helpers: ReadonlyArray<number>) => ({
  host: residentBytes(process.pid),
  helpers: helpers.reduce((sum, pid) => sum + residentBytes(pid), 0)
})
