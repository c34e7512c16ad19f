/** What a client cannot do with daemons. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, type DaemonSpec } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, temporaryDirectory } from "../../src/harness.ts"
import { living } from "../../src/leaks.ts"
import { assertFails, assertSucceeds, attackerPolicy, bystanderIsServed, connectRaw } from "./raw-client.ts"

const connectAs = (policy: Partial<Policy>) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ ...attackerPolicy, cwd: ["/"], ...policy })
    return { ...(yield* Client.connect(yield* broker.openPort(), token)), token }
  })

const sleeper = (name: string, more: Partial<DaemonSpec> = {}): DaemonSpec => ({
  name,
  command: "sleep",
  args: ["1000"],
  cwd: "/",
  ...more
})

layer(Broker.layer({ secrets: { key: "s3cr3t-value" } }), { excludeTestServices: true })("daemons", (it) => {
  it.effect("need a grant, by name, for everything that changes them", () =>
    Effect.gen(function* () {
      const client = yield* connectAs({ daemons: { names: ["mine-*"] } })
      const none = yield* connectAs({ kill: "all", observe: "all" })
      yield* client.daemons.start(sleeper("mine-1"), { until: "healthy" })
      const refused = (rule: string) => (error: unknown) =>
        assert.deepInclude(error, { _tag: "PermissionDenied", rule })
      refused("daemons.names")(yield* Effect.flip(client.daemons.start(sleeper("other"))))
      refused("daemons")(yield* Effect.flip(none.daemons.start(sleeper("mine-2"))))
      refused("daemons")(yield* Effect.flip(none.daemons.stop("mine-1")))
      refused("daemons")(yield* Effect.flip(none.daemons.restart("mine-1")))
      assert.deepStrictEqual(yield* none.daemons.stopAll(), [])
      assert.strictEqual((yield* none.daemons.get("mine-1")).state, "healthy")
      yield* client.daemons.stop("mine-1")
    })
  )

  it.effect("of another token cannot be seen, stopped, read, or replaced", () =>
    Effect.gen(function* () {
      const victim = yield* connectAs({ daemons: true, subject: "victim" })
      const other = yield* connectAs({ daemons: true, subject: "other" })
      yield* victim.daemons.start(sleeper("private"), { until: "healthy" })
      const hidden = (error: unknown) => assert.deepInclude(error, { _tag: "ProcessNotFound", id: "private" })
      hidden(yield* Effect.flip(other.daemons.get("private")))
      hidden(yield* Effect.flip(other.daemons.stop("private")))
      hidden(yield* Effect.flip(other.daemons.restart("private")))
      hidden(yield* Effect.flip(other.daemons.start("private")))
      hidden(yield* Effect.flip(Stream.runCollect(other.daemons.logs("private"))))
      assert.deepStrictEqual(yield* other.daemons.list(), [])
      const taken = yield* Effect.flip(other.daemons.start(sleeper("private", { args: ["1"] })))
      assert.strictEqual(taken._tag, "InvalidArgument")
      const depends = yield* Effect.flip(other.daemons.start(sleeper("x", { dependsOn: { private: "started" } })))
      assert.include(depends.message, "there is no daemon private")
      assert.strictEqual((yield* victim.daemons.stop("private")).state, "stopped")
    })
  )

  it.effect("write to no file but where the policy says, whatever is put in its place", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [granted, victim] = [join(directory, "granted"), join(directory, "victim")]
      mkdirSync(granted)
      writeFileSync(victim, "as it was")
      writeFileSync(join(directory, "other"), "as it was")
      symlinkSync(join(directory, "other"), join(granted, "soft"))
      linkSync(victim, join(granted, "hard"))
      symlinkSync(directory, join(granted, "up"))
      const client = yield* connectAs({ daemons: { files: [granted] }, commands: [{ command: "echo", args: true }] })
      const spec = (file: string): DaemonSpec => ({
        name: "w",
        command: "echo",
        args: ["evil"],
        cwd: "/",
        log: { file }
      })
      for (const file of [victim, join(granted, "up", "victim")]) {
        const denied = yield* Effect.flip(client.daemons.start(spec(file)))
        assert.deepInclude(denied, { _tag: "PermissionDenied", rule: "daemons.files" }, file)
      }
      for (const name of ["soft", "hard"]) {
        const restart = { policy: "never" } as const
        const started = yield* client.daemons.start({ ...spec(join(granted, name)), restart }, { until: "healthy" })
        assert.strictEqual(started.state, "failed", name)
      }
      for (const file of [victim, join(directory, "other")]) assert.strictEqual(readFileSync(file, "utf8"), "as it was")
    })
  )

  it.effect("do not let a PID file name a process to be killed that is none of theirs", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const victim = yield* connectAs({ subject: "victim" })
      const target = yield* victim.spawn("sleep", ["1000"], { cwd: "/" })
      const facts = readFileSync(`/proc/${target.pid}/stat`, "latin1")
      const startTime = facts.slice(facts.lastIndexOf(")") + 2).split(" ")[19]
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
      const pidFile = join(directory, "pid")
      writeFileSync(pidFile, `${target.pid}\nstart=${startTime} boot=${boot} incarnation=${"0".repeat(32)}\n`)
      const client = yield* connectAs({ daemons: { files: [directory] }, kill: "own" })
      const spec = sleeper("adopts", { persistent: true, pidFile, log: { file: join(directory, "log") } })
      const info = yield* client.daemons.start(spec, { until: "healthy" })
      assert.deepInclude(info.replicas[0], { state: "failed", reason: { _tag: "RunsElsewhere", pid: target.pid } })
      yield* client.daemons.stop("adopts")
      assert.isTrue((yield* target.status).running)
      assert.isTrue(existsSync(pidFile))
    })
  )

  it.effect("are not started again once their token is over, and end with it where it is revoked so", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const watcher = yield* connectAs({ observe: "all" })
      const restart = { policy: "always", delay: "10 millis" } as const
      const client = yield* connectAs({ daemons: true })
      const started = yield* client.daemons.start(sleeper("revoked", { restart }), { until: "healthy" })
      const pid = started.replicas[0]!.pid!
      yield* broker.revoke(client.token)
      assert.isDefined(living(pid))
      process.kill(pid, "SIGKILL")
      const over = yield* eventually(
        "it is given up",
        watcher.daemons.get("revoked"),
        ({ state }) => state === "failed"
      )
      assert.deepStrictEqual(over.replicas[0]!.reason, { _tag: "TokenOver" })
      // The name is free again.
      const next = yield* connectAs({ daemons: true })
      const again = yield* next.daemons.start(sleeper("revoked", { restart }), { until: "healthy" })
      yield* broker.revoke(next.token, { kill: true })
      assert.isUndefined(living(again.replicas[0]!.pid!))
      const left = yield* watcher.daemons.list()
      assert.isFalse(left.some(({ name }) => name === "revoked"))
    })
  )

  it.effect("of a derived token are narrowed by every link, and its parent's to end", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const parent = yield* connectAs({ daemons: { names: ["a-*"] } })
      const commands = [{ command: "sleep", args: true as const }]
      const token = yield* parent.attenuate({ subject: "child", daemons: true, commands })
      const child = yield* Client.connect(yield* broker.openPort(), token)
      const denied = yield* Effect.flip(child.daemons.start(sleeper("b-1")))
      assert.deepInclude(denied, { _tag: "PermissionDenied", rule: "daemons.names" })
      const without = yield* parent.attenuate({ subject: "without", commands })
      const poor = yield* Client.connect(yield* broker.openPort(), without)
      assert.deepInclude(yield* Effect.flip(poor.daemons.start(sleeper("a-1"))), { rule: "daemons" })
      yield* child.daemons.start(sleeper("a-1"), { until: "healthy" })
      assert.strictEqual((yield* parent.daemons.stop("a-1")).state, "stopped")
    })
  )

  it.effect("count among the processes of their token, each start of them", () =>
    Effect.gen(function* () {
      const client = yield* connectAs({ daemons: true, limits: { concurrent: 2 } })
      const restart = { policy: "never" } as const
      yield* client.daemons.start(sleeper("first", { restart }), { until: "healthy" })
      yield* client.spawn("sleep", ["1000"], { cwd: "/" })
      const info = yield* client.daemons.start(sleeper("second", { restart }), { until: "healthy" })
      const reason = info.replicas[0]!.reason
      assert.include(reason?._tag === "NotStarted" ? reason.message : "", "concurrent")
      yield* client.daemons.stopAll(undefined, { forget: true })
    }).pipe(Effect.scoped)
  )

  it.effect("that are refused are told on the bus, by name", () =>
    Effect.gen(function* () {
      const client = yield* connectAs({ daemons: { names: ["mine"] } })
      const told = Stream.runCollect(Stream.take(client.events({ types: ["PermissionDenied"] }), 2))
      const listening = yield* Effect.forkChild(told, { startImmediately: true })
      yield* Effect.flip(client.daemons.start(sleeper("other")))
      yield* Effect.flip(client.daemons.stop("mine"))
      const [name, unknown] = yield* Fiber.join(listening)
      assert.deepInclude(name, { operation: "startDaemons", rule: "daemons.names", target: "the daemon other" })
      assert.deepInclude(unknown, { operation: "stopDaemons", rule: "kill", target: "mine" })
    })
  )

  it.effect("tell no secret, in what is known of them or why they failed", () =>
    Effect.gen(function* () {
      const commands = [{ command: "sh", args: true as const }]
      const client = yield* connectAs({ daemons: true, commands })
      const exec = { command: "sh", args: ["-c", "exit 1", "s3cr3t-value"] }
      const spec: DaemonSpec = {
        name: "told",
        command: "sh",
        args: ["-c", "sleep 1000", "s3cr3t-value"],
        cwd: "/",
        readiness: { exec, period: "10 millis" },
        startTimeout: "100 millis",
        restart: { policy: "never" }
      }
      const info = yield* client.daemons.start(spec, { until: "healthy" })
      assert.strictEqual(info.state, "failed")
      assert.notInclude(JSON.stringify([info, yield* client.daemons.list()]), "s3cr3t")
    })
  )

  it.effect("are no more than 256 of one token, and 1,024 replicas", () =>
    Effect.gen(function* () {
      const client = yield* connectAs({ daemons: true, commands: [{ command: "true" }] })
      const many = (count: number, replicas: number): ReadonlyArray<DaemonSpec> =>
        Array.from({ length: count }, (_, index) => ({ name: `n${index}`, command: "true", cwd: "/", replicas }))
      const replicas = yield* Effect.flip(client.daemons.startAll(many(17, 64)))
      assert.deepInclude(replicas, { _tag: "LimitExceeded", limit: "daemonReplicas", maximum: 1024 })
      yield* client.daemons.startAll(many(256, 1))
      const one = yield* Effect.flip(client.daemons.start({ name: "more", command: "true", cwd: "/" }))
      assert.deepInclude(one, { _tag: "LimitExceeded", limit: "daemons", maximum: 256 })
      yield* client.daemons.stopAll(undefined, { forget: true })
      assert.deepStrictEqual(yield* client.daemons.list(), [])
    })
  )

  it.effect("are not asked for in other words, and nobody waits for more than 256 answers at a time", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ daemons: true })
      const call = (operation: string, payload?: unknown) => Effect.promise(() => client.call(operation, payload))
      assertSucceeds(yield* call("startDaemons", { daemons: [sleeper("raw")] }))
      const wrong: ReadonlyArray<readonly [operation: string, payload: unknown]> = [
        ["startDaemons", { daemons: "raw" }],
        ["startDaemons", { daemons: [{ ...sleeper("raw"), owner: "host" }] }],
        ["startDaemons", { daemons: Array.from({ length: 257 }, (_, index) => sleeper(`n${index}`)) }],
        ["stopDaemons", { names: ["../raw"], forget: false }],
        ["stopDaemons", { names: ["raw"] }],
        ["getDaemon", { name: "raw", after: -1 }],
        ["getDaemon", { name: "raw", after: 1, waitMs: 30_001 }],
        ["readDaemonLogs", { name: "raw", replica: 0 }],
        ["readDaemonLogs", { name: "raw", waitMs: Infinity }]
      ]
      for (const [operation, payload] of wrong) assertFails(yield* call(operation, payload), "InvalidArgument")
      yield* eventually("it runs", call("getDaemon", { name: "raw" }), ({ value }) => value.state === "healthy")
      const { cursor } = assertSucceeds(yield* call("readDaemonLogs", { name: "raw" }))
      for (let waiting = 0; waiting < 256; waiting++) {
        void client.call("readDaemonLogs", { name: "raw", cursor, waitMs: 30_000 })
      }
      const refused = yield* call("readDaemonLogs", { name: "raw", cursor, waitMs: 30_000 })
      assertFails(refused, "LimitExceeded", { limit: "waitingCalls", maximum: 256 })
      yield* bystanderIsServed
      assertSucceeds(yield* call("stopDaemons", { names: ["raw"], forget: true }))
    })
  )
})
