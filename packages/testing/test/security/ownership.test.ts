import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, type ProcessId } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../../src/harness.ts"
import { living } from "../../src/leaks.ts"
import {
  assertFails,
  assertSucceeds,
  attackerPolicy,
  bystanderIsServed,
  connectRaw,
  openRaw,
  specOf
} from "./raw-client.ts"

const connectAs = (policy: Partial<Policy>) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    return yield* Client.connect(yield* broker.openPort(), yield* broker.mint({ ...attackerPolicy, ...policy }))
  })

const startVictim = (client: ClientHandle) => client.spawn("sleep", ["1000"], { cwd: "/" })

layer(Broker.layer(), { excludeTestServices: true })("whose processes are whose", (it) => {
  it.effect("no token's processes push those of another out of what is known", () =>
    Effect.gen(function* () {
      const victim = yield* connectAs({ subject: "victim" })
      const other = yield* connectAs({ subject: "other" })
      const id = yield* victim.start(["sh", "-c", "echo precious"], { cwd: "/" })
      const ended = (client: ClientHandle, of: ProcessId) =>
        eventually("it has ended", client.get(of), ({ state }) => state === "closed")
      yield* ended(victim, id)
      const line = "yes | head -c 20000000"
      const big = yield* other.start(["sh", "-c", line], { cwd: "/", replayBytes: 2 ** 25 })
      // More than is kept in all, and kept all the same: it is the youngest.
      yield* ended(other, big)
      assert.strictEqual((yield* other.readOutput(big)).stdoutBytes.byteLength, 20_000_000)
      yield* Effect.forEach(Array.from({ length: 300 }), () => other.run("true", [], { cwd: "/" }), { concurrency: 8 })
      assert.strictEqual((yield* other.list()).length, 256)
      assert.strictEqual((yield* victim.readOutput(id)).stdout, "precious\n")
    })
  )

  it.effect("no more than 32 clients look at one process at a time", () =>
    Effect.gen(function* () {
      const client = yield* connectAs({ subject: "looker" })
      const process = yield* startVictim(client)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.forEach(Array.from({ length: 31 }), () => client.attach(process.id), { discard: true })
          const error = yield* Effect.flip(client.attach(process.id))
          assert.deepInclude(error, { _tag: "LimitExceeded", limit: "attachments", maximum: 32 })
        })
      )
      yield* Effect.scoped(client.attach(process.id))
    })
  )

  it.effect("a client cannot list, look up or signal the process of another token", () =>
    Effect.gen(function* () {
      const victim = yield* startVictim(yield* connectAs({ subject: "victim" }))
      const other = yield* connectAs({ subject: "other" })
      assert.deepStrictEqual(yield* other.list(), [])
      for (const attempt of [
        other.get(victim.id),
        other.kill({ id: victim.id }),
        other.kill({ pid: victim.pid }),
        other.kill({ pid: victim.pid }, { signal: "SIGKILL", forceKillAfter: 0 })
      ]) {
        assert.strictEqual((yield* Effect.flip(attempt as Effect.Effect<unknown, Error>)).name, "ProcessNotFound")
      }
      assert.isDefined(living(victim.pid))
    })
  )

  it.effect("a process that is another's and one that never was are refused in the same words", () =>
    Effect.gen(function* () {
      const victim = yield* startVictim(yield* connectAs({ subject: "victim" }))
      const { client } = yield* connectRaw({ subject: "other" })
      const never = `p-${"0".repeat(24)}`
      for (const operation of ["get", "status"]) {
        const [theirs, none] = yield* Effect.promise(() =>
          Promise.all([client.call(operation, { id: victim.id }), client.call(operation, { id: never })])
        )
        assertFails(theirs, "ProcessNotFound", { id: victim.id })
        assertFails(none, "ProcessNotFound", { id: never })
        assert.deepStrictEqual(Object.keys(theirs.error), Object.keys(none.error))
      }
    })
  )

  it.effect("two tokens of the same subject are strangers", () =>
    Effect.gen(function* () {
      const victim = yield* startVictim(yield* connectAs({ subject: "twin" }))
      const twin = yield* connectAs({ subject: "twin" })
      assert.strictEqual((yield* Effect.flip(twin.get(victim.id)))._tag, "ProcessNotFound")
    })
  )

  it.effect("two sessions of the same token see and signal each other's processes", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint({ ...attackerPolicy, subject: "both" })
      const [one, two] = [
        yield* Client.connect(yield* broker.openPort(), token),
        yield* Client.connect(yield* broker.openPort(), token)
      ]
      const process = yield* startVictim(one)
      assert.deepStrictEqual(
        (yield* two.list()).map(({ id }) => id),
        [process.id]
      )
      assert.strictEqual((yield* two.get(process.id)).pid, process.pid)
      yield* two.kill({ pid: process.pid })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("a policy that observes all sees everybody's processes, and may signal none of them", () =>
    Effect.gen(function* () {
      const victim = yield* startVictim(yield* connectAs({ subject: "victim" }))
      const observer = yield* connectAs({ subject: "observer", observe: "all" })
      assert.include(
        (yield* observer.list()).map(({ id }) => id),
        victim.id
      )
      assert.strictEqual((yield* observer.get(victim.id)).subject, "victim")
      assert.strictEqual((yield* Effect.flip(observer.kill({ id: victim.id })))._tag, "ProcessNotFound")
      assert.isDefined(living(victim.pid))
    })
  )

  it.effect("a policy that kills all signals everybody's processes, and sees none of them", () =>
    Effect.gen(function* () {
      const victim = yield* startVictim(yield* connectAs({ subject: "victim" }))
      const killer = yield* connectAs({ subject: "killer", kill: "all" })
      assert.deepStrictEqual(yield* killer.list(), [])
      yield* killer.kill({ pid: victim.pid }, { signal: "SIGKILL" })
      assert.deepStrictEqual(yield* victim.exit, { _tag: "Signaled", signal: "SIGKILL" })
    })
  )

  it.effect("the channels of one session reach nothing of another", () =>
    Effect.gen(function* () {
      const { client: one } = yield* connectRaw({ subject: "one" })
      const { client: two } = yield* connectRaw({ subject: "two" })
      assertSucceeds(yield* Effect.promise(() => one.spawn(7, specOf("cat"))))
      two.data.postMessage([
        { _tag: "Input", channel: 7, fd: 0, bytes: new TextEncoder().encode("intruder\n") },
        { _tag: "InputEnd", channel: 7, fd: 0 }
      ])
      assert.strictEqual(assertSucceeds(yield* Effect.promise(() => two.call("release", { channel: 7 }))), false)
      one.data.postMessage([
        { _tag: "Input", channel: 7, fd: 0, bytes: new TextEncoder().encode("mine\n") },
        { _tag: "InputEnd", channel: 7, fd: 0 }
      ])
      assert.deepStrictEqual(yield* Effect.promise(() => one.exitOf(7)), { _tag: "Exited", code: 0 })
      assert.strictEqual(one.textOf(7), "mine\n")
      assert.deepStrictEqual(two.frames, [])
    })
  )

  it.effect("no PID that is not a child of the broker is ever signalled", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ kill: "all", observe: "all" })
      for (const pid of [1, process.pid, process.ppid, 0x7fff_ffff]) {
        const reply = yield* Effect.promise(() => client.call("kill", { target: { pid }, signal: "SIGKILL" }))
        assertFails(reply, "ProcessNotFound")
      }
      for (const pid of [0, -1, -0, -process.pid, 1.5, NaN, Infinity, 2 ** 32, "1", null, [1]]) {
        const reply = yield* Effect.promise(() => client.call("kill", { target: { pid }, signal: "SIGKILL" }))
        assertFails(reply, "InvalidArgument")
      }
      yield* bystanderIsServed
    })
  )

  it.effect("only signals with a name are sent", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const { id, pid } = assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"]))))
      for (const signal of [
        0,
        9,
        -9,
        "9",
        "",
        "KILL",
        "sigkill",
        "SIGRTMIN",
        "SIGRTMAX",
        "SIGKILL\0",
        "toString",
        null
      ]) {
        const reply = yield* Effect.promise(() => client.call("kill", { target: { id }, signal }))
        assertFails(reply, "InvalidArgument")
      }
      assert.isDefined(living(pid))
    })
  )

  it.effect("a grace that no timer can count is refused, or honoured, but never over at once", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const script = "trap 'echo told' TERM; echo ready; while :; do sleep 0.05; done"
      const { id } = assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sh", ["-c", script]))))
      yield* Effect.promise(() => client.frame((frame) => frame._tag === "Data"))
      for (const forceKillAfterMs of [1e300, 2 ** 31, 2 ** 53]) {
        yield* Effect.promise(() => client.call("kill", { target: { id }, signal: "SIGTERM", forceKillAfterMs }))
      }
      yield* Effect.promise(() => client.call("kill", { target: { id }, signal: "SIGTERM" }))
      yield* Effect.promise(() =>
        client.frame((frame) => frame.event?._tag === "Exited" || client.textOf(0).includes("told"))
      )
      assert.isUndefined(client.frames.find((frame) => frame.event?._tag === "Exited"))
    })
  )

  it.effect("an identifier cannot be guessed from those before it", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const ids = yield* Effect.promise(() =>
        Promise.all(Array.from({ length: 20 }, (_, channel) => client.spawn(channel, specOf("true"))))
      )
      const digits = ids.map((reply) => assertSucceeds(reply).id as string)
      assert.strictEqual(new Set(digits).size, 20)
      for (const id of digits) assert.match(id, /^p-[0-9a-f]{24}$/)
      // All 24 digits differ from process to process somewhere: none of them is a counter's leading zero.
      for (let at = 2; at < 26; at++) assert.isAbove(new Set(digits.map((id) => id[at])).size, 1)
    })
  )

  it.effect("a client that goes takes its processes with it", () =>
    Effect.gen(function* () {
      const client = yield* openRaw
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      yield* Effect.promise(() => client.connect(token))
      const { pid, id } = assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"]))))
      client.close()
      const { client: again } = yield* connectRaw({ observe: "all" })
      const ended = Effect.promise(() => again.call("status", { id }))
      yield* Effect.repeat(ended, { until: (reply) => !assertSucceeds(reply).running })
      assert.isUndefined(living(pid))
    })
  )
})
