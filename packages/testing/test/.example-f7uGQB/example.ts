import { assert as __assert } from "@effect/vitest"
let __checks = 0
const __check = (actual: unknown, expected: unknown) => { __checks++; __assert.deepEqual(actual, expected) }
import { Broker } from "@spawnbroker/broker"
import { connect } from "@spawnbroker/client/promise"
import { ManagedRuntime } from "effect"

const host = ManagedRuntime.make(Broker.layer())
const broker = await host.runPromise(Broker)
const token = await host.runPromise(broker.mint({ subject: "example", commands: [{ command: "sleep", args: true }] }))
const client = await connect(await host.runPromise(broker.openPort()), token)

const { timedOut, exit } = await client.run("sleep", { args: ["60"], timeout: 50 })
;__check(timedOut, true)
;__check(exit, { _tag: "Signaled", signal: "SIGTERM" })

const signal = AbortSignal.timeout(50)
;__check(await client.run("sleep", { args: ["60"], signal }).catch((reason) => reason.name), "TimeoutError")

await client.close()
await host.dispose()

export const checks = __checks
