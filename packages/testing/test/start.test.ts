/** What is loaded when a broker starts decides how long its clients wait for it, and for the next thread. */
import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { connect, node } from "../src/index.ts"

const worker = fileURLToPath(new URL("../../broker/src/worker/serve-host.ts", import.meta.url))
const here = fileURLToPath(new URL(".", import.meta.url))

it.live.each([
  ["the host", "@spawnbroker/broker"],
  ["the broker's thread", worker]
])("%s does not load what Node's `fetch` is made of, which takes longer than a command", ([, module]) =>
  Effect.gen(function* () {
    const client = yield* connect()
    const script = `await import(${JSON.stringify(module)}); console.log(process.moduleLoadList.filter((name) => name.includes("undici")).join())`
    const { stdout, stderr } = yield* client.run(node, ["--input-type=module", "-e", script], { cwd: here })
    assert.deepStrictEqual({ stdout, stderr }, { stdout: "\n", stderr: "" })
  }).pipe(Effect.scoped, Effect.provide(Broker.layer({ policyWarnings: "ignore" }), { local: true }))
)
