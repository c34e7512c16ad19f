/** Runs the demo, or a part of it, as a user would: a Node process of its own, here without a terminal. */
import { Broker, type Policy } from "@spawnbroker/broker"
import { Client, type ClientHandle, type RunResult } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { join } from "node:path"

export const source = join(import.meta.dirname, "../src")

interface RunDemoOptions {
  /** The PATH that the demo sees. */
  readonly path?: string
}

/** Does something with a client that may run Node, in an environment with little more than a PATH. */
export const withNode = <A, E>(
  use: (client: ClientHandle) => Effect.Effect<A, E>,
  { path }: RunDemoOptions = {}
): Promise<A> =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const policy: Policy = {
      subject: "demo's test",
      commands: [{ command: process.execPath, args: true }],
      env: { inherit: ["HOME", "TMPDIR"], ...(path !== undefined && { values: { PATH: path } }) }
    }
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(policy))
    return yield* use(client)
  }).pipe(Effect.scoped, Effect.runPromise)

export const runDemo = (args: ReadonlyArray<string> = [], options: RunDemoOptions = {}): Promise<RunResult> =>
  withNode((client) => client.run(process.execPath, [join(source, "main.ts"), ...args]), options)
