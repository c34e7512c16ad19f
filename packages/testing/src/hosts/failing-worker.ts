/**
 * The broker's thread, with a way to make it fail: whoever posts on the channel `failing-worker` says how.
 */
import { BroadcastChannel } from "node:worker_threads"

const channel = new BroadcastChannel("failing-worker")
channel.unref()
channel.addEventListener("message", (event) => {
  const how = (event as unknown as { readonly data: unknown }).data
  if (how === "throw")
    setImmediate(() => {
      throw new Error("on purpose")
    })
  if (how === "exit") process.exit(3)
  if (how === "hang") for (;;);
  if (how === "exhaust") {
    const kept: Array<Array<number>> = []
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index))
  }
})

await import("@spawnbroker/broker/worker")
