import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { writtenBytes } from "../instruments/processes.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = { full: { blockMs: 500 }, quick: { blockMs: 20 } }

const paced = fileURLToPath(new URL("../fixtures/paced.ts", import.meta.url))

export const busyMain: Scenario<"paced" | "flood"> = {
  title: "how far a child gets while the main thread is blocked for 500 ms",
  ballasts: ["small heap"],
  seconds: 30,
  metrics: {
    paced: { label: "a child that writes 1 KiB a ms, of its pace", unit: "%", better: "more" },
    flood: { label: "a child that writes without pause", unit: "KiB", better: "more" }
  },
  warmUp: ({ run }) => run(commands.head, ["-c", "1000000", "/dev/zero"], () => {}),
  measure: async (subject, size) => {
    const { blockMs } = sizes[size]
    const slow = await startWriting(subject, commands.node, [paced])
    const free = await slow.written(() => sleep(blockMs))
    const blocked = await slow.written(() => block(blockMs))
    await slow.stop()
    const fast = await startWriting(subject, commands.cat, ["/dev/zero"])
    const flood = await fast.written(() => block(blockMs))
    await fast.stop()
    return { paced: (blocked / free) * 100, flood: flood / 1024 }
  }
}

/** What is read before anything is measured: by then it is in full swing. */
const IN_SWING_BYTES = 50 * 1024

const startWriting = async (subject: Subject, command: string, args: ReadonlyArray<string>) => {
  let read = 0
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const { pid, stop } = await subject.start(command, args, (bytes) => {
    read += bytes
    if (read >= IN_SWING_BYTES) begin()
  })
  await begun
  return {
    stop,
    /** Bytes that it writes during something. */
    written: async (work: () => Promise<unknown>): Promise<number> => {
      const before = writtenBytes(pid)
      await work()
      return writtenBytes(pid) - before
    }
  }
}

/** Holds the main thread: nothing else runs on it meanwhile. */
const block = async (durationMs: number): Promise<void> => {
  const endAt = performance.now() + durationMs
  while (performance.now() < endAt);
}
