/**
 * A host with a gateway at which a crowd of clients (`gateway-clients.ts`, in a process of its own) has processes that print at
 * full speed. Prints, as JSON, what it took: resident memory before and at most, how long the main thread stood still, how much of
 * such a time it worked, and what the clients have seen. On a machine that has more to do than cores for it a thread stands still
 * without doing anything: what it worked is what we can be blamed for.
 *
 * Arguments: clients, processes of each, seconds. `node packages/testing/src/hosts/gateway.ts 50 4 10` is the figure of the guide.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { Gateway } from "@spawnbroker/gateway"
import * as Effect from "effect/Effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { host, node } from "../harness.ts"
import { residentBytes } from "../leaks.ts"

const numbers = process.argv.slice(2)
/** Between two looks at the main thread. */
const LOOK_MS = 5

/** The most that this thread has worked between two of its looks at itself. */
const watchWork = () => {
  let most = 0
  let last = process.threadCpuUsage()
  const looking = setInterval(() => {
    const now = process.threadCpuUsage()
    most = Math.max(most, now.user + now.system - last.user - last.system)
    last = now
  }, LOOK_MS)
  return {
    end: (): number => {
      clearInterval(looking)
      return Math.round(most / 1000)
    }
  }
}

const toMib = (bytes: number): number => Math.round(bytes / 1024 / 1024)

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { webSocketUrl } = yield* Gateway.start(broker)
    const token = yield* broker.mint({ subject: "crowd", commands: [{ command: "seq", args: [["inf"]] }] })
    const commands = [{ command: node, args: true as const }]
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint({ subject: "host", commands }))
    const before = residentBytes()
    let most = before
    const looking = setInterval(() => (most = Math.max(most, residentBytes())), 50)
    const delays = monitorEventLoopDelay({ resolution: LOOK_MS })
    delays.enable()
    const work = watchWork()
    const { stdout } = yield* client.run(node, [host("gateway-clients.ts"), webSocketUrl, token, ...numbers], {
      check: true
    })
    delays.disable()
    const longestWork = work.end()
    clearInterval(looking)
    return {
      beforeMib: toMib(before),
      mostMib: toMib(most),
      stallMs: { p99: Math.round(delays.percentile(99) / 1e6), longest: Math.round(delays.max / 1e6), longestWork },
      ...(JSON.parse(stdout) as object)
    }
  })
)

console.log(JSON.stringify(await Effect.runPromise(program)))
