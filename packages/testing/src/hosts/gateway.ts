/**
 * A host with a gateway at which a crowd of clients (`gateway-clients.ts`, in a process of its own) has processes that print at
 * full speed. Prints, as JSON, what it took: resident memory before and at most, how long the main thread stood still, with and
 * without the time that it only waited for a core, how long an idle process on the same machine stood still, and what the clients
 * have seen. With more to do than there are cores for it, any thread waits for one now and then.
 *
 * Arguments: clients, processes of each, seconds. `node packages/testing/src/hosts/gateway.ts 50 4 10` is the figure of the guide.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { Gateway } from "@spawnbroker/gateway"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { fixture, host, node } from "../harness.ts"
import { residentBytes } from "../leaks.ts"

const numbers = process.argv.slice(2)
const toMib = (bytes: number): number => Math.round(bytes / 1024 / 1024)
const toMs = (nanos: number): number => Math.round(nanos / 1e6)

/** Between two looks at the main thread. */
const LOOK_MS = 5

/** How long this thread was ready to run so far and had no core, in milliseconds. */
const queuedMs = (): number => Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6

/**
 * How late this thread was, in milliseconds, and how late at most without the time that it only waited for a core; and the most
 * memory there was.
 */
const watchHost = () => {
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS })
  delays.enable()
  let longestOwn = 0
  let last = performance.now() - queuedMs()
  const looking = setInterval(() => {
    const now = performance.now() - queuedMs()
    longestOwn = Math.max(longestOwn, now - last)
    last = now
  }, LOOK_MS)
  let mostBytes = residentBytes()
  const growing = setInterval(() => (mostBytes = Math.max(mostBytes, residentBytes())), 50)
  return {
    end: () => {
      delays.disable()
      clearInterval(looking)
      clearInterval(growing)
      const stallMs = { p99: toMs(delays.percentile(99)), longest: toMs(delays.max) }
      return { mostMib: toMib(mostBytes), stallMs: { ...stallMs, longestOwn: Math.round(longestOwn) } }
    }
  }
}

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { webSocketUrl } = yield* Gateway.start(broker)
    const token = yield* broker.mint({ subject: "crowd", commands: [{ command: "seq", args: [["inf"]] }] })
    const commands = [{ command: node, args: true as const }]
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint({ subject: "host", commands }))
    const idle = yield* client.spawn(node, [fixture("print-delays.js")], { stdin: "pipe" })
    const beforeMib = toMib(residentBytes())
    const watching = watchHost()
    const { stdout } = yield* client.run(node, [host("gateway-clients.ts"), webSocketUrl, token, ...numbers], {
      check: true
    })
    const { mostMib, stallMs } = watching.end()
    yield* idle.closeStdin
    const idleMs = JSON.parse(yield* idle.readLine) as object
    return { beforeMib, mostMib, stallMs, idleMs, ...(JSON.parse(stdout) as object) }
  })
)

console.log(JSON.stringify(await Effect.runPromise(program)))
