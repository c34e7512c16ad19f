/** Daemons through the client, with real processes. Their restarts by the clock are tested in packages/broker. */
import { assert, describe, layer } from "@effect/vitest"
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client, type DaemonInfo, type DaemonSpec, type ProcessError } from "@spawnbroker/client"
import { Pid, type Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { descendants, living } from "../src/leaks.ts"
import { connect, eventually, temporaryDirectory, type TestClient } from "../src/harness.ts"

/** A shell that runs a script as a daemon. */
const script = (name: string, text: string, more: Partial<DaemonSpec> = {}): DaemonSpec => ({
  name,
  command: "sh",
  args: ["-c", text],
  ...more
})

const forever = "exec sleep 1000"
const quick = { delay: "10 millis", maxDelay: "20 millis" } as const

const connectDaemons = (policy: Partial<Policy> = {}) => connect({ daemons: true, ...policy })

/** A client that may have files in a directory of its own. */
const connectFiles = (policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const client = yield* connectDaemons({ daemons: { files: [directory] }, ...policy })
    return { client, directory, file: (name: string) => join(directory, name) }
  })

const comesTo = (client: TestClient, name: string, state: DaemonInfo["state"]) =>
  eventually(`${name} is ${state}`, client.daemons.get(name), (info) => info.state === state)

const pidOf = ({ replicas }: DaemonInfo): Pid => replicas[0]!.pid!

const linesOf = (client: TestClient, name: string): Effect.Effect<ReadonlyArray<string>, ProcessError> =>
  Effect.map(Stream.runCollect(client.daemons.logs(name)), (lines) => lines.map(({ text }) => text))

/** A broker of its own, and a client of it, until the scope closes or it is shut down. */
const own = (policy: Policy, options: BrokerOptions = {}) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const closed = Effect.suspend(() => Scope.close(scope, Exit.void))
    yield* Effect.addFinalizer(() => closed)
    const broker = yield* Scope.provide(Broker.start(options), scope)
    const client = yield* Scope.provide(
      Effect.flatMap(Effect.all([broker.openPort(), broker.mint(policy)]), ([port, token]) =>
        Client.connect(port, token)
      ),
      scope
    )
    return { broker, client, shutDown: closed }
  })

/** Where nobody reaps orphans they stay as zombies. */
const isAlive = (pid: number): boolean => (living(pid)?.state ?? "Z") !== "Z"

for (const spawner of ["launcher", "direct"] as const) {
  layer(Broker.layer({ spawner }), { excludeTestServices: true })(`daemons, ${spawner}`, (it) => {
    describe("a daemon", () => {
      it.effect("runs until it is stopped, and says what it is", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const info = yield* client.daemons.start(script("runs", forever), { until: "healthy" })
          assert.deepInclude(info, { name: "runs", state: "healthy", command: "sh", persistent: false })
          assert.strictEqual((yield* client.get(info.replicas[0]!.processId!)).pid, info.replicas[0]!.pid)
          yield* eventually("it is there, and alone", client.living, ({ length }) => length === 1)
          const stopped = yield* client.daemons.stop("runs")
          assert.deepInclude(stopped.replicas[0], { state: "stopped", exit: { _tag: "Signaled", signal: "SIGTERM" } })
          assert.deepStrictEqual(yield* client.living, [])
        })
      )

      it.effect("belongs to the token: it outlives the connection, and another of the same token has it", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const broker = yield* Broker
          const scope = yield* Scope.make()
          const first = yield* Scope.provide(
            Effect.flatMap(broker.openPort(), (port) => Client.connect(port, client.token)),
            scope
          )
          const started = yield* first.daemons.start(script("outlives", forever), { until: "healthy" })
          yield* Scope.close(scope, Exit.void)
          assert.strictEqual(pidOf(yield* client.daemons.get("outlives")), pidOf(started))
          yield* client.daemons.stop("outlives")
        })
      )

      it.effect("that fails is started again, and given up after so many times", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          yield* client.daemons.start(script("flaps", "echo once; exit 7", { restart: { ...quick, maxRestarts: 3 } }))
          const { replicas } = yield* comesTo(client, "flaps", "failed")
          assert.deepInclude(replicas[0], { restarts: 3, exit: { _tag: "Exited", code: 7 } })
          assert.strictEqual(replicas[0]!.reason?._tag, "GaveUp")
          assert.strictEqual((yield* linesOf(client, "flaps")).length, 4)
        })
      )

      it.effect("that exits with a code of success is completed", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const spec = script("done", "exit 3", { successExitCodes: [0, 3] })
          yield* client.daemons.start(spec)
          const { replicas } = yield* comesTo(client, "done", "completed")
          assert.deepStrictEqual(replicas[0]!.reason, { _tag: "Exited", exit: { _tag: "Exited", code: 3 } })
        })
      )

      it.effect("leaves nobody of its group behind where it is started again", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          yield* client.daemons.start(
            script("leaves", "sleep 1000 & exit 1", { restart: { ...quick, maxRestarts: 3 } })
          )
          yield* comesTo(client, "leaves", "failed")
          yield* eventually("all are gone", client.living, ({ length }) => length === 0)
        })
      )

      it.effect("that runs is left as it is by a second start, and not given another specification", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const first = yield* client.daemons.start(script("same", forever), { until: "healthy" })
          const second = yield* client.daemons.start(script("same", forever))
          assert.strictEqual(pidOf(second), pidOf(first))
          const refused = yield* Effect.flip(client.daemons.start(script("same", "sleep 1000")))
          assert.deepInclude(refused, { _tag: "InvalidArgument", argument: "daemons[0].name" })
          yield* client.daemons.stop("same")
          const third = yield* client.daemons.start(script("same", "sleep 1000"), { until: "healthy" })
          assert.deepStrictEqual(third.args, ["-c", "sleep 1000"])
          yield* client.daemons.stop("same")
        })
      )

      it.effect("is restarted as another process, with nothing counted against it", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const before = yield* client.daemons.start(script("restarted", forever), { until: "healthy" })
          const after = yield* client.daemons.restart("restarted", { until: "healthy" })
          assert.notStrictEqual(pidOf(after), pidOf(before))
          assert.strictEqual(after.replicas[0]!.restarts, 0)
          yield* client.daemons.stop("restarted")
        })
      )

      it.effect("that is forgotten is not there any more", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          yield* client.daemons.start(script("forgotten", forever))
          yield* client.daemons.stop("forgotten", { forget: true })
          const gone = yield* Effect.flip(client.daemons.get("forgotten"))
          assert.deepInclude(gone, { _tag: "ProcessNotFound", id: "forgotten", kind: "daemon" })
          assert.include(gone.message, "client.daemons.list()")
        })
      )

      it.effect("is stopped by its steps, then SIGKILL", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const stop = [
            { signal: "SIGHUP", for: "50 millis" },
            { signal: "SIGINT", for: "50 millis" }
          ] as const
          const text = `trap 'echo HUP' HUP; trap 'echo INT' INT; echo ready; while :; do sleep 0.01; done`
          const readiness = { log: { match: "ready" } }
          yield* client.daemons.start(script("stubborn", text, { stop, readiness }), { until: "healthy" })
          const { replicas } = yield* client.daemons.stop("stubborn")
          assert.deepStrictEqual(replicas[0]!.exit, { _tag: "Signaled", signal: "SIGKILL" })
          assert.includeMembers([...(yield* linesOf(client, "stubborn"))], ["HUP", "INT"])
        })
      )

      it.effect("is told of on the bus, each state once, and why", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const told = client.events({ types: ["DaemonStateChanged", "ProcessStarted"] }).pipe(
            Stream.takeUntil((event) => event._tag === "DaemonStateChanged" && event.to === "failed"),
            Stream.runCollect
          )
          const listening = yield* Effect.forkChild(told, { startImmediately: true })
          yield* client.daemons.start(script("told", "exit 7", { restart: { policy: "never" } }))
          const events = yield* Fiber.join(listening)
          const changes = events.flatMap((event) => (event._tag === "DaemonStateChanged" ? [event] : []))
          assert.deepStrictEqual(
            changes.map(({ from, to }) => `${from} ${to}`),
            ["stopped waiting", "waiting starting", "starting healthy", "healthy stopping", "stopping failed"]
          )
          assert.deepInclude(changes.at(-1)!, { name: "told", replica: 1, subject: "conformance" })
          assert.strictEqual(changes.at(-1)!.reason?._tag, "Exited")
          const started = events.find(({ _tag }) => _tag === "ProcessStarted")
          assert.deepInclude(started, { operation: "daemon", command: "sh" })
        })
      )

      it.effect("has replicas, each with its number", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const text = `echo $SPAWNBROKER_DAEMON $SPAWNBROKER_REPLICA; ${forever}`
          yield* client.daemons.start(script("many", text, { replicas: 3, readiness: { log: { match: "many" } } }), {
            until: "healthy"
          })
          assert.sameMembers([...(yield* linesOf(client, "many"))], ["many 1", "many 2", "many 3"])
          const second = yield* Stream.runCollect(client.daemons.logs("many", { replica: 2 }))
          assert.deepStrictEqual(
            second.map(({ text: line }) => line),
            ["many 2"]
          )
          const { replicas } = yield* client.daemons.stop("many")
          assert.deepStrictEqual(
            replicas.map(({ state }) => state),
            ["stopped", "stopped", "stopped"]
          )
        })
      )

      it.effect("may have another directory, variables, and variables from a file, which the policy must name", () =>
        Effect.gen(function* () {
          const { client, directory, file } = yield* connectFiles({ env: { set: ["ONE", "TWO"] } })
          writeFileSync(file("env"), "ONE=file\nTWO=file\n")
          const spec = script("env", "echo $ONE $TWO; pwd", {
            env: { TWO: "own" },
            cwd: directory,
            envFile: file("env")
          })
          yield* client.daemons.start(spec)
          yield* comesTo(client, "env", "completed")
          assert.deepStrictEqual(yield* linesOf(client, "env"), ["file own", directory])
          writeFileSync(file("env"), "LD_PRELOAD=/x.so\n")
          const failed = yield* client.daemons.start("env", { until: "healthy" })
          assert.strictEqual(failed.state, "failed")
          const reason = failed.replicas[0]!.reason
          assert.include(reason?._tag === "NotStarted" ? reason.message : "", "LD_PRELOAD")
        })
      )
    })

    describe("probes", () => {
      it.effect("by a command decide when a daemon is ready, and what depends on it waits", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          const readiness = { exec: { command: "cat", args: [file("ready")] }, period: "20 millis" }
          const infos = yield* client.daemons.startAll([
            script("web", forever, { dependsOn: { db: "healthy" } }),
            script("db", forever, { readiness })
          ])
          assert.deepStrictEqual(
            infos.map(({ name }) => name),
            ["web", "db"]
          )
          yield* comesTo(client, "db", "started")
          assert.strictEqual((yield* client.daemons.get("web")).state, "waiting")
          writeFileSync(file("ready"), "")
          yield* comesTo(client, "web", "healthy")
          assert.strictEqual((yield* client.daemons.get("db")).state, "healthy")
          yield* client.daemons.stopAll(["web", "db"], { forget: true })
        })
      )

      it.effect("that never succeed make the start time out, and say what was wrong", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const readiness = { tcp: { port: yield* freePort }, period: "20 millis" }
          const spec = script("mute", forever, { readiness, startTimeout: "200 millis", restart: { policy: "never" } })
          const { state, replicas } = yield* client.daemons.start(spec, { until: "healthy" })
          assert.strictEqual(state, "failed")
          const reason = replicas[0]!.reason
          assert.deepInclude(reason, { _tag: "NotReady", timeoutMs: 200 })
          assert.include(reason?._tag === "NotReady" ? reason.lastProbe : "", "ECONNREFUSED")
          assert.deepStrictEqual(yield* client.living, [])
        })
      )

      it.effect("of liveness start again what has stopped working", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          const exec = { command: "cat", args: [file("alive")] }
          writeFileSync(file("alive"), "")
          const liveness = { exec, period: "20 millis", failureThreshold: 2 }
          const before = yield* client.daemons.start(script("stuck", forever, { liveness, restart: quick }), {
            until: "healthy"
          })
          rmSync(file("alive"))
          const after = yield* eventually(
            "it was restarted",
            client.daemons.get("stuck"),
            ({ replicas }) => replicas[0]!.restarts > 0
          )
          assert.isFalse(isAlive(pidOf(before)))
          assert.isAbove(after.replicas[0]!.restarts, 0)
          yield* client.daemons.stop("stuck")
        })
      )

      it.effect("by a command need the command in the policy", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const readiness = { exec: { command: "rm", args: ["-rf", "/"] } }
          const denied = yield* Effect.flip(client.daemons.start(script("probed", forever, { readiness })))
          assert.deepInclude(denied, { _tag: "PermissionDenied", rule: "commands" })
          assert.deepStrictEqual(yield* client.daemons.list(), [])
        })
      )
    })

    describe("dependencies", () => {
      it.effect("in a cycle are refused, with the cycle, and nothing is started", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const refused = yield* Effect.flip(
            client.daemons.startAll([
              script("a", forever, { dependsOn: { b: "started" } }),
              script("b", forever, { dependsOn: { c: "healthy" } }),
              script("c", forever, { dependsOn: { a: "completed" } })
            ])
          )
          assert.strictEqual(refused._tag, "InvalidArgument")
          assert.include(refused.message, "a → b → c → a")
          assert.deepStrictEqual(yield* client.daemons.list(), [])
        })
      )

      it.effect("that are not known are refused", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const refused = yield* Effect.flip(
            client.daemons.start(script("x", forever, { dependsOn: { y: "started" } }))
          )
          assert.include(refused.message, "there is no daemon y")
        })
      )

      it.effect("may be a task that has to be completed, and one that fails fails what waits for it", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          yield* client.daemons.startAll(
            [
              script("migrated", `[ -e ${file("schema")} ] && ${forever}`, { dependsOn: { migrate: "completed" } }),
              script("migrate", `sleep 0.1; touch ${file("schema")}`)
            ],
            { until: "healthy" }
          )
          assert.strictEqual((yield* client.daemons.get("migrated")).state, "healthy")
          const never = { policy: "never" } as const
          const [failed] = yield* client.daemons.startAll(
            [
              script("needs", forever, { dependsOn: { broken: "completed" } }),
              script("broken", "exit 1", { restart: never })
            ],
            { until: "healthy" }
          )
          assert.deepStrictEqual(failed!.replicas[0]!.reason, {
            _tag: "DependencyFailed",
            dependency: "broken",
            condition: "completed"
          })
          yield* client.daemons.stopAll()
        })
      )

      it.effect("that were stopped are started with what depends on them", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          yield* client.daemons.startAll(
            [script("base", forever), script("top", forever, { dependsOn: { base: "started" } })],
            {
              until: "healthy"
            }
          )
          yield* client.daemons.stopAll()
          yield* client.daemons.start("top", { until: "healthy" })
          assert.strictEqual((yield* client.daemons.get("base")).state, "healthy")
          yield* client.daemons.stopAll()
        })
      )

      it.effect("are stopped after those that depend on them", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          const said = file("order")
          const text = (name: string): string =>
            `trap 'sleep 0.05; echo ${name} >> ${said}; exit' TERM; echo ready; while :; do sleep 0.01; done`
          const readiness = { log: { match: "ready" } }
          yield* client.daemons.startAll(
            [
              script("db", text("db"), { readiness }),
              script("cache", text("cache"), { readiness, dependsOn: { db: "healthy" } }),
              script("web", text("web"), { readiness, dependsOn: { cache: "healthy", db: "healthy" } })
            ],
            { until: "healthy" }
          )
          yield* client.daemons.stopAll()
          assert.strictEqual(readFileSync(said, "utf8"), "web\ncache\ndb\n")
        })
      )
    })

    describe("logs", () => {
      it.effect("have the lines of both outputs, and follow what comes", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          const text = `echo out; sleep 0.05; echo err >&2; sleep 0.05; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done`
          yield* client.daemons.start(script("talks", text))
          const lines = yield* client.daemons.logs("talks", { follow: true }).pipe(Stream.take(20), Stream.runCollect)
          const expected = ["out", "err", ...Array.from({ length: 18 }, (_, index) => String(index))]
          assert.deepStrictEqual(
            lines.map(({ text: line }) => line),
            expected
          )
          assert.deepStrictEqual(
            lines.slice(0, 3).map(({ stream }) => stream),
            ["stdout", "stderr", "stdout"]
          )
          assert.deepStrictEqual(
            lines.map(({ seq }) => seq),
            lines.map((_, index) => index)
          )
          yield* client.daemons.stop("talks")
          const last = yield* Stream.runCollect(client.daemons.logs("talks", { tail: 1 }))
          assert.isAtLeast(Number(last[0]!.text), 17)
        })
      )

      it.effect("go to a file that is rotated, and no line is lost by that", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          const log = { file: file("log"), maxBytes: 65_536, keep: 1000 }
          yield* client.daemons.start({ name: "counts", command: "seq", args: ["200000"], log })
          yield* comesTo(client, "counts", "completed")
          const files = readdirSync(file(".")).toSorted(
            (one, other) => Number(other.slice(4) || 0) - Number(one.slice(4) || 0)
          )
          assert.isAbove(files.length, 15)
          const all = files.map((name) => readFileSync(file(name), "utf8")).join("")
          const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("")
          assert.strictEqual(all.length, expected.length)
          assert.isTrue(all === expected)
        })
      )

      it.effect("of a daemon that writes without end leave the broker to others", () =>
        Effect.gen(function* () {
          const client = yield* connectDaemons()
          yield* client.daemons.start({ name: "floods", command: "yes" })
          for (let runs = 0; runs < 5; runs++) assert.strictEqual((yield* client.run("printf", ["x"])).stdout, "x")
          yield* client.daemons.stop("floods")
        })
      )
    })

    describe("PID files", () => {
      it.effect("are there while the process is, and name it", () =>
        Effect.gen(function* () {
          const { client, directory, file } = yield* connectFiles()
          const spec = script("filed", forever, { pidFile: file("p") })
          const info = yield* client.daemons.start(spec, { until: "healthy" })
          assert.strictEqual(readFileSync(file("p"), "utf8").split("\n")[0], String(pidOf(info)))
          yield* client.daemons.stop("filed")
          assert.deepStrictEqual(readdirSync(directory), [])
        })
      )

      it.effect("that are stale are reported and replaced, and the stranger who has the number now is left alone", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          const stranger = yield* client.spawn("sleep", ["1000"])
          const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
          writeFileSync(file("p"), `${stranger.pid}\nstart=1 boot=${boot} incarnation=${"0".repeat(32)}\n`)
          const spec = script("replaces", forever, { pidFile: file("p"), log: { file: file("l") }, persistent: true })
          const info = yield* client.daemons.start(spec, { until: "healthy" })
          assert.strictEqual(info.replicas[0]!.stalePid, stranger.pid)
          assert.notStrictEqual(pidOf(info), stranger.pid)
          yield* client.daemons.stop("replaces")
          assert.isTrue((yield* stranger.status).running)
        })
      )

      it.effect("of a process that runs, and is not the broker's, keep a second one from being started", () =>
        Effect.gen(function* () {
          const { client, file } = yield* connectFiles()
          const stranger = yield* client.spawn("sleep", ["1000"])
          writeFileSync(file("p"), `${stranger.pid}\n`)
          const info = yield* client.daemons.start(script("twice", forever, { pidFile: file("p") }), {
            until: "healthy"
          })
          assert.deepStrictEqual(info.replicas[0]!.reason, { _tag: "RunsElsewhere", pid: Pid.make(stranger.pid) })
          assert.isTrue((yield* stranger.status).running)
        })
      )
    })

    describe("a broker that goes", () => {
      it.effect("ends its daemons, those that depend on others first, and starts none again", () =>
        Effect.gen(function* () {
          const directory = yield* temporaryDirectory
          const said = join(directory, "order")
          const policy = { subject: "s", commands: [{ command: "sh", args: true as const }], daemons: true, cwd: ["/"] }
          const { client, shutDown } = yield* own(policy, { spawner })
          const text = (name: string): string =>
            `trap 'echo ${name} >> ${said}; exit 1' TERM; echo ready; while :; do sleep 0.01; done`
          const readiness = { log: { match: "ready" } }
          const infos = yield* client.daemons.startAll(
            [
              script("db", text("db"), { readiness }),
              script("web", text("web"), { readiness, dependsOn: { db: "healthy" } })
            ],
            { until: "healthy" }
          )
          yield* shutDown
          assert.strictEqual(readFileSync(said, "utf8"), "web\ndb\n")
          assert.deepStrictEqual(infos.map(pidOf).filter(isAlive), [])
        })
      )

      it.effect("leaves the persistent ones, and the next takes them over with their logs, and can end them", () =>
        Effect.gen(function* () {
          const directory = yield* temporaryDirectory
          const policy: Policy = {
            subject: "s",
            commands: [{ command: "sh", args: true }],
            daemons: { files: [directory] },
            cwd: ["/"]
          }
          const spec = script("stays", `i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done`, {
            persistent: true,
            pidFile: join(directory, "pid"),
            log: { file: join(directory, "log") },
            readiness: { log: { match: "3" } }
          })
          const first = yield* own(policy, { spawner })
          const started = yield* first.client.daemons.start(spec, { until: "healthy" })
          yield* first.shutDown
          assert.isTrue(isAlive(pidOf(started)))
          const second = yield* own(policy, { spawner })
          const adopted = yield* second.client.daemons.start(spec, { until: "healthy" })
          assert.deepInclude(adopted.replicas[0], { adopted: true, pid: pidOf(started) })
          const lines = yield* second.client.daemons
            .logs("stays", { follow: true })
            .pipe(Stream.take(30), Stream.runCollect)
          const numbers = lines.map(({ text }) => Number(text))
          assert.deepStrictEqual(
            numbers,
            numbers.map((_, index) => numbers[0]! + index)
          )
          yield* second.client.daemons.stop("stays")
          assert.isFalse(isAlive(pidOf(started)))
          assert.deepStrictEqual(readdirSync(directory), ["log"])
        })
      )

      it.effect("leaves them also where it is restarted by policy: an adopted one that dies is started again", () =>
        Effect.gen(function* () {
          const directory = yield* temporaryDirectory
          const policy: Policy = {
            subject: "s",
            commands: [{ command: "sh", args: true }],
            daemons: { files: [directory] },
            cwd: ["/"]
          }
          const spec = script("dies", forever, {
            persistent: true,
            pidFile: join(directory, "pid"),
            log: { file: join(directory, "log") },
            restart: quick
          })
          const first = yield* own(policy, { spawner })
          const pid = pidOf(yield* first.client.daemons.start(spec, { until: "healthy" }))
          yield* first.shutDown
          const { client } = yield* own(policy, { spawner })
          yield* client.daemons.start(spec, { until: "healthy" })
          process.kill(pid, "SIGKILL")
          const again = yield* eventually(
            "another runs",
            client.daemons.get("dies"),
            ({ state, replicas }) => state === "healthy" && replicas[0]!.pid !== pid
          )
          assert.isUndefined(again.replicas[0]!.adopted)
          yield* client.daemons.stop("dies")
        })
      )

      it.effect.skipIf(spawner === "direct")(
        "leaves them where only its launcher dies, and takes them over itself",
        () =>
          Effect.gen(function* () {
            const directory = yield* temporaryDirectory
            const policy: Policy = {
              subject: "s",
              commands: [{ command: "sh", args: true }],
              daemons: { files: [directory] },
              cwd: ["/"]
            }
            const spec = script("keeps", forever, {
              persistent: true,
              pidFile: join(directory, "pid"),
              log: { file: join(directory, "log") },
              restart: quick
            })
            const before = new Set(launchers())
            const { client } = yield* own(policy, { spawner, launchers: 1 })
            const started = yield* client.daemons.start(spec, { until: "healthy" })
            const pid = launchers().find((each) => !before.has(each))!
            process.kill(pid, "SIGKILL")
            const after = yield* eventually(
              "it was taken over",
              client.daemons.get("keeps"),
              ({ replicas }) => replicas[0]!.adopted === true
            )
            assert.strictEqual(pidOf(after), pidOf(started))
            yield* client.daemons.stop("keeps")
            assert.isFalse(isAlive(pidOf(started)))
          })
      )

      it.effect("answers those who wait for news", () =>
        Effect.gen(function* () {
          const policy = { subject: "s", commands: [{ command: "sh", args: true as const }], daemons: true, cwd: ["/"] }
          const { client, shutDown } = yield* own(policy, { spawner })
          yield* client.daemons.start(script("silent", forever), { until: "healthy" })
          const waiting = yield* Effect.forkChild(
            Effect.all(
              [
                Effect.exit(Stream.runDrain(client.daemons.logs("silent", { follow: true }))),
                Effect.exit(Stream.runDrain(client.daemons.changes("silent")))
              ],
              { concurrency: 2 }
            ),
            { startImmediately: true }
          )
          yield* shutDown
          for (const exit of yield* Fiber.join(waiting)) assert.isTrue(Exit.isFailure(exit))
        })
      )
    })
  })
}

/** The launchers of this process's brokers. */
const launchers = (): ReadonlyArray<number> =>
  descendants()
    .filter(({ command, parent }) => parent === process.pid && command.includes("launcher/main"))
    .map(({ pid }) => pid)

/** A port where nobody listens now. */
const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { readonly port: number }
    server.close(() => resume(Effect.succeed(port)))
  })
})
