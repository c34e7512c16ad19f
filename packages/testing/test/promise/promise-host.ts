/** What the tests of the face without Effect stand on. */
import { assert } from "@effect/vitest"
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { connect, type PromiseClient } from "@spawnbroker/client/promise"
import type { Policy } from "@spawnbroker/protocol"
import { testPolicy } from "@spawnbroker/testing"
import { ManagedRuntime } from "effect"
import { afterAll } from "vitest"

/** A broker for one file of tests, and clients of it. `policy` replaces parts of the tests' own. */
export const promiseHost = (
  options: BrokerOptions = {}
): { readonly open: (policy?: Partial<Policy>) => Promise<PromiseClient> } => {
  const host = ManagedRuntime.make(Broker.layer(options))
  afterAll(() => host.dispose())
  const open = async (policy: Partial<Policy> = {}): Promise<PromiseClient> => {
    const broker = await host.runPromise(Broker)
    const token = await host.runPromise(broker.mint({ ...testPolicy, ...policy }))
    return connect(await host.runPromise(broker.openPort()), token)
  }
  return { open }
}

/** What a promise rejects with. */
export const rejection = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => assert.fail(`it resolved to ${String(value)}`),
    (error: unknown) => error
  )
