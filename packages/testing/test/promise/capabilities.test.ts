/** Narrower tokens and explanations, through the face without Effect. What they promise is said in `test/security`. */
import { Broker } from "@spawnbroker/broker"
import { connect, InvalidToken, LimitExceeded, PermissionDenied } from "@spawnbroker/client/promise"
import { testPolicy } from "@spawnbroker/testing"
import { assert, describe, it } from "@effect/vitest"
import { ManagedRuntime } from "effect"
import { afterAll } from "vitest"
import { rejection } from "./promise-host.ts"

const host = ManagedRuntime.make(Broker.layer())
afterAll(() => host.dispose())

const open = async (token?: string) => {
  const broker = await host.runPromise(Broker)
  const presented = token ?? (await host.runPromise(broker.mint(testPolicy)))
  return connect(await host.runPromise(broker.openPort()), presented)
}

describe("the promise face", () => {
  it("hands on a narrower token, and takes it back with what runs by it", async () => {
    await using client = await open()
    const token = await client.attenuate({ subject: "sleeper", commands: [{ command: "sleep", args: true }] })
    await using narrower = await open(token)
    assert.strictEqual(narrower.subject, "conformance/sleeper")
    assert.instanceOf(await rejection(narrower.run("true", { cwd: "/" })), PermissionDenied)
    await using process = await narrower.spawn("sleep", { args: ["1000"], cwd: "/" })
    await client.revoke(token, { kill: true })
    assert.instanceOf(await rejection(process.wait()), InvalidToken)
    assert.strictEqual((await client.get(process.id)).killedBy, "revoked")
    assert.instanceOf(await rejection(client.revoke("sb_none")), InvalidToken)
    const mistyped = { kil: true } as object
    assert.include((await rejection(client.revoke(token, mistyped))).message, "kil")
  })

  it("explains what a spawn would do, and does nothing", async () => {
    await using client = await open()
    const allowed = await client.explain("printf", { args: ["%s", "x"], cwd: "/" })
    assert.deepInclude(allowed, { _tag: "Allowed", argv: ["printf", "%s", "x"], cwd: "/" })
    const denied = await client.explain("rm", { args: ["-rf", "/"], cwd: "/" })
    assert.instanceOf(denied._tag === "Denied" && denied.error, PermissionDenied)
    assert.deepStrictEqual(await client.list(), [])
  })

  it("is told where the number of derived tokens ends", async () => {
    await using client = await open()
    await Promise.all(Array.from({ length: 256 }, () => client.attenuate({ subject: "x" })))
    assert.instanceOf(await rejection(client.attenuate({ subject: "x" })), LimitExceeded)
  })
})
