import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { living } from "../../src/leaks.ts"
import { attackerPolicy, bystanderIsServed, connectRaw, type Loose } from "./raw-client.ts"

const connectWith = (token: string) =>
  Effect.flatMap(Broker, (broker) => Effect.flatMap(broker.openPort(), (port) => Client.connect(port, token)))

const connect = (policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const token = yield* (yield* Broker).mint({ ...attackerPolicy, ...policy })
    return { token, client: yield* connectWith(token) }
  })

const derive = (client: ClientHandle, policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const token = yield* client.attenuate({ ...attackerPolicy, subject: "derived", ...policy })
    return { token, client: yield* connectWith(token) }
  })

const sleep = (client: ClientHandle) => client.spawn("sleep", ["1000"], { cwd: "/" })

layer(Broker.layer(), { excludeTestServices: true })("a derived token", (it) => {
  it.effect("runs what both policies allow, and says whose refuses the rest", () =>
    Effect.gen(function* () {
      const { client: parent } = yield* connect({ commands: [{ command: "cat", args: true }, { command: "true" }] })
      const { client } = yield* derive(parent, {
        commands: ["cat", "sleep"].map((command) => ({ command, args: true }))
      })
      assert.strictEqual(client.subject, "attacker/derived")
      assert.deepStrictEqual((yield* client.run("cat", ["/dev/null"], { cwd: "/" })).exit, { _tag: "Exited", code: 0 })
      const refusals = yield* Effect.forEach(["true", "sleep"], (command) =>
        Effect.flip(client.run(command, [], { cwd: "/" }))
      )
      assert.deepInclude(refusals[0], { _tag: "PermissionDenied", subject: "attacker/derived", rule: "commands" })
      assert.deepInclude(refusals[1], { _tag: "PermissionDenied", subject: "attacker", rule: "commands" })
    })
  )

  it.effect("of a derived token is bound by all of them, and can be derived without the host", () =>
    Effect.gen(function* () {
      const { client: first } = yield* connect()
      const { client: second } = yield* derive(first, { deny: ["sleep"] })
      const { client: third } = yield* derive(second, { subject: "third", shell: true })
      assert.strictEqual(third.subject, "attacker/derived/third")
      assert.deepInclude(yield* Effect.flip(sleep(third)), { subject: "attacker/derived", rule: "deny[0]" })
      assert.deepInclude(yield* Effect.flip(third.start("id", { cwd: "/" })), { rule: "shell" })
    })
  )

  it.effect("shows its processes to who derived it, and they can signal them; the other way round nothing", () =>
    Effect.gen(function* () {
      const { client: parent } = yield* connect()
      const { client: child } = yield* derive(parent, { observe: "all", kill: "all" })
      const { client: sibling } = yield* derive(parent, { observe: "all", kill: "all" })
      const [parents, children] = [yield* sleep(parent), yield* sleep(child)]
      const seen = (client: ClientHandle) => Effect.map(client.list(), (all) => all.map(({ id }) => id))
      assert.includeMembers(yield* seen(parent), [parents.id, children.id])
      assert.deepStrictEqual(yield* seen(child), [children.id])
      assert.deepStrictEqual(yield* seen(sibling), [])
      for (const client of [child, sibling]) {
        for (const target of [{ id: parents.id }, { pid: parents.pid! }]) {
          assert.strictEqual((yield* Effect.flip(client.kill(target)))._tag, "ProcessNotFound")
        }
      }
      assert.strictEqual((yield* Effect.flip(sibling.kill({ id: children.id })))._tag, "ProcessNotFound")
      yield* parent.kill({ id: children.id })
      assert.deepStrictEqual(yield* children.exit, { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("is good after the connection on which it was derived has ended", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const parent = yield* broker.mint(attackerPolicy)
      const token = yield* Effect.scoped(
        Effect.flatMap(connectWith(parent), (client) => client.attenuate({ ...attackerPolicy }))
      )
      assert.deepStrictEqual((yield* (yield* connectWith(token)).run("true", [], { cwd: "/" })).exit, {
        _tag: "Exited",
        code: 0
      })
    })
  )

  it.effect("ends at once with any that it derives from, its sessions too, and its processes if they are meant", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { token, client: parent } = yield* connect()
      const { client: child, token: childToken } = yield* derive(parent)
      const { client: grandchild, token: grandchildToken } = yield* derive(child)
      const process = yield* sleep(grandchild)
      yield* broker.revoke(token, { kill: true })
      assert.isUndefined(living(process.pid!))
      for (const client of [parent, child, grandchild]) {
        assert.deepInclude(yield* Effect.flip(client.list()), { _tag: "InvalidToken", reason: "revoked" })
      }
      for (const each of [childToken, grandchildToken]) {
        assert.deepInclude(yield* Effect.flip(connectWith(each)), { _tag: "InvalidToken", reason: "revoked" })
      }
      yield* bystanderIsServed
    })
  )

  it.effect("can be revoked by who derived it, and by nobody who holds it or stands beside it", () =>
    Effect.gen(function* () {
      const { client: parent, token } = yield* connect()
      const { client: child, token: childToken } = yield* derive(parent)
      const { client: sibling } = yield* derive(parent)
      for (const [client, other] of [
        [child, token],
        [child, childToken],
        [sibling, childToken],
        [parent, token]
      ] as const) {
        assert.deepInclude(yield* Effect.flip(client.revoke(other)), { _tag: "InvalidToken", reason: "unknown" })
      }
      const process = yield* sleep(child)
      yield* parent.revoke(childToken, { kill: true })
      assert.isUndefined(living(process.pid!))
      assert.deepInclude(yield* Effect.flip(child.list()), { _tag: "InvalidToken", reason: "revoked" })
      assert.deepStrictEqual(yield* sibling.list(), [])
    })
  )

  it.effect("is refused with the place of the mistake, a field that there is not with those that there are", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const mistakes = [
        [{ comands: [] }, "policy.comands", "commands"],
        [{ limits: { concurent: 1 } }, "policy.limits.concurent", "concurrent"],
        [{ commands: [{ command: "a", arg: true }] }, "policy.commands[0].arg", "args"],
        [{ commands: [{ command: "a", args: [["x", { match: "(" }]] }] }, "commands[0].args[0][1]", "expression"],
        [{ expires: "8 hous" }, "policy.expires", "8 hours"]
      ] as const
      for (const [wrong, argument, help] of mistakes) {
        const reply: Loose = yield* Effect.promise(() =>
          client.call("attenuate", { policy: { subject: "x", ...wrong } })
        )
        assert.strictEqual(reply.error.argument, argument, JSON.stringify(reply))
        assert.include(reply.error.problem, help)
      }
    })
  )

  it.effect("is one of so many that can be had at a time, and of a policy that is not large", () =>
    Effect.gen(function* () {
      const { client } = yield* connect()
      const many = (count: number) =>
        Effect.forEach(Array.from({ length: count }), () => client.attenuate({ subject: "x" }), { concurrency: 32 })
      const [first = ""] = yield* many(256)
      assert.deepInclude(yield* Effect.flip(client.attenuate({ subject: "x" })), { limit: "derivedTokens" })
      yield* client.revoke(first)
      const cwd = Array.from({ length: 400 }, () => `/${"x".repeat(100)}`)
      assert.deepInclude(yield* Effect.flip(client.attenuate({ subject: "x", cwd })), { limit: "policyBytes" })
      yield* many(1)
      yield* bystanderIsServed
    })
  )

  it.effect("has not more than seven before it", () =>
    Effect.gen(function* () {
      let { client } = yield* connect()
      for (let links = 1; links < 8; links++) ({ client } = yield* derive(client))
      assert.deepInclude(yield* Effect.flip(client.attenuate({ subject: "x" })), { limit: "derivationDepth" })
      assert.deepStrictEqual((yield* client.run("true", [], { cwd: "/" })).exit, { _tag: "Exited", code: 0 })
    })
  )
})
