/** Daemons through the face without Effect. What they do is said in `daemons.test.ts`. */
import { assert, describe, it } from "@effect/vitest"
import { describeReason, InvalidArgument, ProcessNotFound } from "@spawnbroker/client/promise"
import { promiseHost } from "./promise-host.ts"

const { open } = promiseHost()

const passed = (): void => assert.fail("it was not refused")

describe("the promise face", () => {
  it("starts, follows, lists, restarts and stops daemons", async () => {
    await using client = await open({ daemons: true })
    const { daemons } = client
    const web = { name: "web", command: "sh", args: ["-c", "echo up; exec sleep 1000"] }
    const readiness = { log: { match: "^up$" } }
    const first = await daemons.start({ ...web, readiness }, { until: "healthy" })
    assert.strictEqual(first.state, "healthy")
    for await (const { text, stream } of daemons.logs("web", { follow: true })) {
      assert.deepStrictEqual([text, stream], ["up", "stdout"])
      break
    }
    assert.deepStrictEqual(
      (await daemons.list()).map(({ name }) => name),
      ["web"]
    )
    const second = await daemons.restart("web", { until: "healthy" })
    assert.notStrictEqual(second.replicas[0]!.pid, first.replicas[0]!.pid)
    await daemons.startAll([{ ...web, name: "top", dependsOn: { web: "healthy" } }], { until: "healthy" })
    const stopped = await daemons.stopAll()
    assert.deepStrictEqual(
      stopped.map(({ state }) => state),
      ["stopped", "stopped"]
    )
    await daemons.stop("web", { forget: true })
    await daemons.get("web").then(passed, (error) => assert.instanceOf(error, ProcessNotFound))
  })

  it("tells each change, until the loop ends or its signal does", async () => {
    await using client = await open({ daemons: true })
    const restart = { policy: "never" } as const
    await client.daemons.start({ name: "fails", command: "sh", args: ["-c", "exit 3"], restart })
    for await (const { state, replicas } of client.daemons.changes("fails")) {
      if (state !== "failed") continue
      assert.strictEqual(describeReason(replicas[0]!.reason!), "it has exited: exit code 3")
      break
    }
    const stop = new AbortController()
    const waiting = (async () => {
      for await (const _ of client.daemons.changes("fails", { signal: stop.signal })) stop.abort(new Error("enough"))
    })()
    await waiting.then(passed, (error: Error) => assert.strictEqual(error.message, "enough"))
  })

  it("refuses options that there are not", async () => {
    await using client = await open({ daemons: true })
    const daemon = { name: "x", command: "true" }
    const wrong = [
      client.daemons.start(daemon, { wait: true } as never),
      client.daemons.stop("x", { force: true } as never),
      client.daemons.restart("x", { forget: true } as never),
      (async () => {
        for await (const _ of client.daemons.logs("x", { lines: 3 } as never));
      })()
    ]
    for (const each of wrong) await each.then(passed, (error) => assert.instanceOf(error, InvalidArgument))
  })
})
