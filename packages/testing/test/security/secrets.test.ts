import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inspect } from "node:util"
import { attackerPolicy, connectRaw, specOf } from "./raw-client.ts"

const SECRET = "hunter2-and-more"
const policy: Policy = {
  ...attackerPolicy,
  env: { values: { TOKEN: { secret: "deploy" } }, set: ["OTHER"] },
  observe: "all"
}
const showToken = ["-c", 'printf %s "$TOKEN"'] as const

const connect = Effect.gen(function* () {
  const broker = yield* Broker
  const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(policy))
  return { broker, client }
})

const assertNowhere = (told: unknown): void => {
  assert.notInclude(JSON.stringify(told) ?? "", SECRET)
  assert.notInclude(inspect(told, { depth: 10, showHidden: true }), SECRET)
}

layer(Broker.layer({ secrets: { deploy: SECRET } }), { excludeTestServices: true })("secrets", (it) => {
  it.effect("are in the environment of the children whose policy says so, and in no other's", () =>
    Effect.gen(function* () {
      const { broker, client } = yield* connect
      assert.strictEqual((yield* client.run("sh", showToken, { cwd: "/" })).stdout, SECRET)
      const other = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(attackerPolicy))
      assert.strictEqual((yield* other.run("sh", showToken, { cwd: "/" })).stdout, "")
    })
  )

  it.effect("come with a derived token, which cannot change them, and cannot name others", () =>
    Effect.gen(function* () {
      const { broker, client } = yield* connect
      const narrower = yield* client.attenuate({ ...attackerPolicy, env: { set: ["TOKEN", "OTHER"] } })
      const derived = yield* Client.connect(yield* broker.openPort(), narrower)
      assert.strictEqual((yield* derived.run("sh", showToken, { cwd: "/" })).stdout, SECRET)
      const set = yield* Effect.flip(derived.run("sh", showToken, { cwd: "/", env: { TOKEN: "x" } }))
      assert.deepInclude(set, { _tag: "PermissionDenied", rule: "env.set" })
      const values = { OTHER: { secret: "deploy" } }
      const naming = yield* Effect.flip(client.attenuate({ ...attackerPolicy, env: { values } }))
      assert.deepInclude(naming, { _tag: "InvalidArgument", argument: "env.values.OTHER" })
    })
  )

  it.effect("are in nothing that is told of a process, even where a client writes them into its arguments", () =>
    Effect.gen(function* () {
      const { broker, client } = yield* connect
      const process = yield* client.spawn("sleep", ["60", SECRET], { cwd: "/" })
      const args = ["-c", "exit 1", `--key=${SECRET}`]
      const failed = yield* Effect.flip(client.run("sh", args, { cwd: "/", check: true }))
      const { client: raw } = yield* connectRaw({ ...policy })
      const answers = yield* Effect.promise(() =>
        Promise.all([raw.spawn(0, specOf("sleep", ["60", SECRET])), raw.call("list")])
      )
      const id = process.id
      assertNowhere([yield* client.list(), yield* client.get(id), yield* broker.stats, answers, raw.frames])
      assert.strictEqual(failed._tag, "RunFailed")
      const told = yield* client.get(id)
      assert.deepStrictEqual(told.args, ["60", "[redacted]"])
    })
  )

  it.effect("reach the program all the same", () =>
    Effect.gen(function* () {
      const { client } = yield* connect
      assert.strictEqual((yield* client.run("sh", ["-c", 'printf %s "$0"', SECRET], { cwd: "/" })).stdout, SECRET)
    })
  )

  it.effect("are in no refusal, and in no explanation", () =>
    Effect.gen(function* () {
      const { broker, client } = yield* connect
      const { client: raw } = yield* connectRaw({ ...policy, commands: [{ command: "sleep" }] })
      const refused = yield* Effect.promise(() =>
        Promise.all([
          raw.spawn(0, specOf("sleep", [SECRET], { cwd: "/" })),
          raw.spawn(0, specOf(SECRET, [], { cwd: "/" })),
          raw.spawn(0, specOf("sleep", [], { cwd: `/${SECRET}` })),
          raw.call("explain", { spec: specOf("sleep", [SECRET], { cwd: "/" }) })
        ])
      )
      const explained = yield* client.explain("sh", ["-c", SECRET], { cwd: "/" })
      assert.deepInclude(explained, { _tag: "Allowed", argv: ["sh", "-c", "[redacted]"], env: ["PATH", "TOKEN"] })
      const wrong = { ...policy, env: { values: { A: { secret: "deplox" } } } }
      const mistake = yield* Effect.flip(broker.mint(wrong))
      const asHost = yield* broker.explain(policy, { command: "sh", cwd: "/" })
      assertNowhere([refused, explained, mistake, mistake.message, asHost, broker, client])
    })
  )
})
