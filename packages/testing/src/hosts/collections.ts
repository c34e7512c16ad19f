/**
 * A host that counts the bytes of a large output whose chunks it borrows. It prints how many full collections of garbage its
 * main thread made for that, as JSON.
 *
 * Arguments: the kind of spawner, the bytes.
 */
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { constants, PerformanceObserver } from "node:perf_hooks"

const [, , spawner, total] = process.argv

let collections = 0
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail } = entry as { readonly detail?: { readonly kind?: number } }
    if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++
  }
})
observer.observe({ entryTypes: ["gc"] })

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({
      spawner: spawner as NonNullable<BrokerOptions["spawner"]>,
      policyWarnings: "ignore"
    })
    const token = yield* broker.mint({
      subject: "collections",
      commands: [{ command: "head", args: true }],
      cwd: ["/"]
    })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const head = yield* client.spawn("head", ["-c", total!, "/dev/zero"], { chunks: "borrowed" })
    let bytes = 0
    yield* Stream.runForEach(head.stdout, (chunk) => Effect.sync(() => (bytes += chunk.byteLength)))
    return bytes
  })
)

const bytes = await Effect.runPromise(program)
// What has been observed is told in a turn of its own.
await new Promise((resolve) => setImmediate(resolve))
console.log(JSON.stringify({ bytes, collections }))
