/** What our Layer does beside what the suite asks: the policy speaks, nothing is orphaned, and nobody is kept waiting. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, PermissionDenied, type ProcessError } from "@spawnbroker/client"
import * as Brokered from "@spawnbroker/client/ChildProcessSpawner"
import type { Policy } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Redacted from "effect/Redacted"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { connect, eventually, fixture, node, spawnScript, testPolicy, waitForLine } from "../../src/index.ts"

const environment = { set: ["PATH", "A"], inherit: ["HOME"], values: { FIXED: "by policy" } }

/** Makes of an output what it is. */
const everything = Sink.ignoreLeftover(Sink.map(Sink.take<Uint8Array>(1), (taken): Uint8Array => Buffer.concat(taken)))

/** Runs what is written for any spawner on a client with this policy. */
const under = <A, E, R>(policy: Partial<Policy>, program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const client = yield* Effect.orDie(connect(policy))
    return yield* Effect.provide(program, Brokered.layer(client))
  })

layer(Broker.layer(), { excludeTestServices: true, timeout: "60 seconds" })("effect/process, brokered", (it) => {
  it.effect("what the policy refuses is PermissionDenied, and its cause names the rule", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(under({ commands: [] }, ChildProcess.make("echo", ["a"])))
      assert.deepInclude(error.reason, { _tag: "PermissionDenied", module: "ChildProcess", method: "spawn" })
      assert.instanceOf(error.cause, PermissionDenied)
      assert.strictEqual((error.cause as PermissionDenied).rule, "commands")
    })
  )

  const refusing: ReadonlyArray<readonly [string, Partial<Policy>, ReadonlyArray<string>]> = [
    ["a policy", { commands: [{ command: "sh", args: [["-c"]] }] }, ["-c", "a"]],
    ["the system", {}, ["x".repeat(300_000)]]
  ]
  it.effect.each(refusing)("a refusal by %s does not repeat a redacted argument", ([, policy, others]) =>
    Effect.gen(function* () {
      const command = ChildProcess.make("sh", [...others, Redacted.make("the secret")])
      const error = yield* Effect.flip(under(policy, command))
      assert.include(error.message, "<redacted>")
      const cause = error.cause as ProcessError
      assert.notInclude(JSON.stringify([error.message, error, cause, cause.message]), "the secret")
    })
  )

  it.effect("a shell needs a policy that has one", () =>
    Effect.gen(function* () {
      const command = ChildProcess.make("echo a", { shell: true })
      assert.strictEqual((yield* Effect.flip(under({}, command))).reason._tag, "PermissionDenied")
    })
  )

  it.effect("a replaced environment has the policy's fixed values, an extended one what it inherits", () =>
    Effect.gen(function* () {
      const seenBy = (options: ChildProcess.CommandOptions) =>
        ChildProcessSpawner.ChildProcessSpawner.use(({ lines }) => lines(ChildProcess.make("env", options))).pipe(
          Effect.map((pairs) => pairs.map((pair) => pair.split("=")[0]!).filter((name) => !marks.includes(name)))
        )
      const marks = ["CONFORMANCE_MARK", "SPAWNBROKER_ID"]
      const program = Effect.all([
        seenBy({ env: { A: "1" } }),
        seenBy({ env: { A: "1" }, extendEnv: true }),
        seenBy({ env: { HOME: undefined, FIXED: undefined }, extendEnv: true })
      ])
      const [replaced, extended, reduced] = yield* under({ env: environment }, program)
      assert.sameMembers(replaced!, ["A", "FIXED"])
      assert.sameMembers(extended!, ["A", "FIXED", "HOME", "PATH"])
      assert.sameMembers(reduced!, ["FIXED", "PATH"])
    })
  )

  it.effect("a variable that the policy does not let the client set is PermissionDenied", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(under({ env: environment }, ChildProcess.make("env", { env: { B: "1" } })))
      assert.strictEqual((error.cause as PermissionDenied).rule, "env.set")
    })
  )

  it.effect("a file that is no program is not handed to a shell", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "brokered-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const file = join(directory, "text")
      writeFileSync(file, "echo run by a shell\n", { mode: 0o755 })
      const error = yield* Effect.flip(under({ commands: [{ command: file, args: true }] }, ChildProcess.make(file)))
      assert.strictEqual(error.reason._tag, "Unknown")
      assert.deepInclude(error.cause as object, { _tag: "SpawnFailed", errno: "ENOEXEC" })
    })
  )

  it.effect("what goes through a pipeline does not come by the broker", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { make, pipeTo } = ChildProcess
      const command = make("head", ["-c", "1000000", "/dev/zero"]).pipe(pipeTo(make("cat")), pipeTo(make("wc", ["-c"])))
      const run = ChildProcessSpawner.ChildProcessSpawner.use(({ string }) => string(command))
      assert.strictEqual((yield* Effect.provide(run, Brokered.layer(client))).trim(), "1000000")
      const bytes = new Map((yield* client.list()).map((process) => [process.command, process.bytes]))
      assert.deepStrictEqual(bytes.get("head"), { stdin: 0, stdout: 0, stderr: 0 })
      assert.deepStrictEqual(bytes.get("cat"), { stdin: 0, stdout: 0, stderr: 0 })
      assert.deepStrictEqual(bytes.get("wc"), { stdin: 0, stdout: "1000000\n".length, stderr: 0 })
    })
  )

  it.effect("only what the kernel cannot carry between two commands comes by the client", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { make, pipeTo } = ChildProcess
      const command = make("printf", ["abc"]).pipe(
        pipeTo(make("tr", ["a", "b"], { stdout: everything })),
        pipeTo(make("cat")),
        pipeTo(make("wc", ["-c"]))
      )
      const run = ChildProcessSpawner.ChildProcessSpawner.use(({ string }) => string(command))
      assert.strictEqual((yield* Effect.provide(run, Brokered.layer(client))).trim(), "3")
      const bytes = new Map((yield* client.list()).map((process) => [process.command, process.bytes]))
      assert.deepInclude(bytes.get("printf"), { stdin: 0, stdout: 0 })
      assert.deepInclude(bytes.get("tr"), { stdin: 0, stdout: 3 })
      assert.deepInclude(bytes.get("cat"), { stdin: 3, stdout: 0 })
      assert.deepInclude(bytes.get("wc"), { stdin: 0 })
    })
  )

  it.effect("a refusal of any command of a pipeline names that command, and hides what is redacted", () =>
    Effect.gen(function* () {
      const refused = ChildProcess.make("sh", ["-c", Redacted.make("the secret")])
      const command = ChildProcess.make("cat").pipe(ChildProcess.pipeTo(refused))
      const error = yield* Effect.flip(under({ commands: [{ command: "cat" }] }, command))
      assert.deepInclude(error.reason, { _tag: "PermissionDenied", pathOrDescriptor: "sh -c <redacted>" })
      const cause = error.cause as ProcessError
      assert.notInclude(JSON.stringify([error.message, error, cause, cause.message]), "the secret")
    })
  )

  it.effect("what is unreferenced ends with the connection", () =>
    Effect.gen(function* () {
      const { living } = yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connect()
          const start = Effect.tap(ChildProcess.make("sleep", ["1000"]), ({ unref }) => unref)
          yield* Effect.scoped(Effect.provide(start, Brokered.layer(client)))
          assert.strictEqual((yield* client.living).length, 1)
          return client
        })
      )
      yield* eventually("it has been ended", living, (left) => left.length === 0)
    })
  )

  it.effect("the layer may take the client from the context", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const connected = Client.layer(yield* broker.openPort(), yield* broker.mint(testPolicy))
      const program = ChildProcessSpawner.ChildProcessSpawner.use(({ string }) =>
        string(ChildProcess.make("printf", ["from the context"]))
      )
      const said = yield* Effect.provide(program, Layer.provide(Brokered.layerClient, connected))
      assert.strictEqual(said, "from the context")
    })
  )

  it.effect("a broker that has gone fails what runs", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const broker = yield* Broker.start()
        const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(testPolicy))
        const run = Effect.gen(function* () {
          const handle = yield* ChildProcess.make("sleep", ["1000"])
          yield* broker.shutdown({ grace: "5 seconds" })
          assert.strictEqual((yield* Effect.flip(handle.exitCode)).reason.method, "exitCode")
          assert.strictEqual((yield* Effect.flip(handle.kill())).reason._tag, "Unknown")
          assert.strictEqual((yield* Effect.flip(ChildProcess.make("true"))).reason._tag, "Unknown")
        })
        yield* Effect.scoped(Effect.provide(run, Brokered.layer(client)))
      })
      yield* Effect.scoped(program)
    })
  )

  it.effect("a revocation does not wait for a client that waits for ever", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect()
      const ready = yield* Deferred.make<void>()
      const program = Effect.gen(function* () {
        const handle = yield* ChildProcess.make(node, [fixture("ignore-sigterm.js")])
        yield* Stream.runHead(handle.stdout)
        yield* Deferred.succeed(ready, undefined)
        // Its scope closes with the interruption, and waits for what does not obey.
        return yield* Effect.never
      })
      const running = yield* Effect.forkScoped(Effect.scoped(Effect.provide(program, Brokered.layer(client))))
      yield* Deferred.await(ready)
      running.interruptUnsafe()
      yield* broker.revoke(client.token, { kill: true })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("no more than sixteen callers wait for the effect of a signal", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "trap '' USR1; echo ready; sleep 1000 & wait")
      yield* waitForLine(process, "ready")
      const kills = yield* Effect.all(
        Array.from({ length: 17 }, () =>
          process.kill({ signal: "SIGUSR1", wait: true }).pipe(
            Effect.as("ended"),
            Effect.catchTag("LimitExceeded", ({ limit }) => Effect.as(process.kill({ signal: "SIGKILL" }), limit))
          )
        ),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        kills.filter((how) => how !== "ended"),
        ["waitingKills"]
      )
    })
  )
})
