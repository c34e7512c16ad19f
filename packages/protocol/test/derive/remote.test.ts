import { assert, it } from "@effect/vitest"
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { BrokerUnavailable, connectRemote, Operations, type Port } from "../../src/index.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Connects and disconnects. Out of the test, so that nothing of it holds anything. */
const connectOnce = (): WeakRef<object> => {
  const { port1, port2 } = new MessageChannel()
  port2.unref()
  const ended: Array<object> = []
  // Whoever listens for the end has the calls at hand.
  const connection = connectRemote(Operations, port1 as unknown as Port, () => ended.push(connection.call))
  connection.disconnect(new BrokerUnavailable({ reason: "that was all" }))
  return new WeakRef(ended[0]!)
}

it("a connection that has ended is collected, though Comlink keeps what it was given", async () => {
  const calls = Array.from({ length: 5 }, connectOnce)
  const left = () => calls.filter((call) => call.deref() !== undefined).length
  for (let tries = 0; left() > 0 && tries < 100; tries++) {
    // What a turn of the loop has looked at stays for that turn.
    await sleep(10)
    collect()
  }
  assert.strictEqual(left(), 0)
})
