import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, type SpawnOptions } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { attackerPolicy } from "./raw-client.ts"

const asks: ReadonlyArray<readonly [command: string, args: ReadonlyArray<string>, options: SpawnOptions]> = [
  ["true", [], { cwd: "/" }],
  ["true", ["--help"], { cwd: "/" }],
  ["echo", ["a", "b"], { cwd: "/usr" }],
  ["echo", ["a"], { cwd: "/root" }],
  ["echo", ["a"], { cwd: "/none" }],
  ["/bin/../bin/true", [], { cwd: "/" }],
  ["rm", ["-rf", "/"], { cwd: "/" }],
  ["not-installed", [], { cwd: "/" }],
  ["/etc/passwd", [], { cwd: "/" }],
  ["true", [], { cwd: "/", env: { CI: "1" } }],
  ["true", [], { cwd: "/", env: { LD_PRELOAD: "x" } }],
  ["true", [], { cwd: "/", stdout: "inherit" }],
  ["echo hello", [], { cwd: "/", shell: true }],
  ["true", ["x".repeat(200_000)], { cwd: "/" }]
]

const connect = Effect.gen(function* () {
  const broker = yield* Broker
  const token = yield* broker.mint({
    ...attackerPolicy,
    commands: ["true", "echo", "not-installed", "/etc/passwd"].map((command) => ({ command, args: true as const })),
    env: { set: ["CI"] }
  })
  const parent = yield* Client.connect(yield* broker.openPort(), token)
  const narrower = yield* parent.attenuate({
    subject: "child",
    commands: [{ command: "true" }, { command: "echo", args: [["a"]] }],
    cwd: ["/usr", "/root"]
  })
  return { broker, parent, child: yield* Client.connect(yield* broker.openPort(), narrower) }
})

/** What a start is answered, and what is said before that it would be. */
const compare = (client: ClientHandle, [command, args, options]: (typeof asks)[number]) =>
  Effect.gen(function* () {
    const explained = yield* client.explain(command, args, options)
    const outcome = yield* Effect.result(Effect.scoped(client.spawn(command, args, options)))
    const name = [command, ...args, JSON.stringify(options)].join(" ").slice(0, 100)
    assert.strictEqual(explained._tag, outcome._tag === "Success" ? "Allowed" : "Denied", name)
    if (explained._tag === "Denied" && outcome._tag === "Failure") assert.deepEqual(explained.error, outcome.failure)
    return explained._tag
  })

layer(Broker.layer(), { excludeTestServices: true })("an explanation", (it) => {
  it.effect("says what a start says, of whatever is asked for, word for word", () =>
    Effect.gen(function* () {
      const { parent, child } = yield* connect
      for (const client of [parent, child]) {
        const verdicts = yield* Effect.forEach(asks, (ask) => compare(client, ask))
        assert.includeMembers(verdicts, ["Denied"])
      }
      assert.strictEqual(yield* compare(parent, asks[0]!), "Allowed")
      assert.strictEqual(yield* compare(child, ["echo", ["a"], { cwd: "/usr" }]), "Allowed")
    })
  )

  it.effect("names the rule of each link, and all that would run", () =>
    Effect.gen(function* () {
      const { child } = yield* connect
      const explained = yield* child.explain("echo", ["a"], { cwd: "/usr/" })
      assert.deepInclude(explained, {
        _tag: "Allowed",
        rules: [
          { subject: "attacker/child", rule: "commands[1]" },
          { subject: "attacker", rule: "commands[1]" }
        ],
        argv: ["echo", "a"],
        cwd: "/usr",
        env: ["PATH"]
      })
      assert.match(explained._tag === "Allowed" ? explained.file : "", /^\/usr\/bin\//)
    })
  )

  it.effect("starts nothing", () =>
    Effect.gen(function* () {
      const { broker, parent } = yield* connect
      const before = yield* broker.stats
      for (const [command, args, options] of asks) yield* parent.explain(command, args, options)
      assert.deepStrictEqual((yield* broker.stats).processes, before.processes)
      assert.deepStrictEqual(yield* parent.list(), [])
    })
  )

  it.effect("is the host's to have of a policy that it has not minted", () =>
    Effect.gen(function* () {
      const { broker } = yield* connect
      const { tokens } = yield* broker.stats
      const policy = { subject: "later", commands: [{ command: "echo", args: [["a"]] }], cwd: ["/"] }
      const allowed = yield* broker.explain(policy, { command: "echo", args: ["a"], cwd: "/" })
      assert.deepInclude(allowed, { _tag: "Allowed", rules: [{ subject: "later", rule: "commands[0]" }] })
      const denied = yield* broker.explain(policy, { command: "echo", args: ["b"], cwd: "/" })
      assert.strictEqual(
        denied._tag === "Denied" && denied.error._tag === "PermissionDenied" && denied.error.rule,
        "commands[0].args"
      )
      const mistake = yield* Effect.flip(broker.explain({ subject: "x", cwd: ["no"] }, { command: "echo" }))
      assert.deepInclude(mistake, { _tag: "InvalidArgument", argument: "cwd[0]" })
      assert.strictEqual((yield* broker.stats).tokens, tokens)
    })
  )
})
