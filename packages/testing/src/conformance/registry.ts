import { assert } from "@effect/vitest"
import type { ProcessId } from "@spawnbroker/client"
import type { Pid } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { connect, eventually, spawnScript } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

export const registry = (it: SuiteIt): void => {
  it.effect("tells the facts of a process while it runs and after", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const child = yield* spawnScript(client, "read line; exit 5", { cwd: "/usr" })
      const running = yield* client.get(child.id)
      assert.deepInclude(running, {
        id: child.id,
        pid: child.pid,
        subject: "conformance",
        command: "sh",
        cwd: "/usr",
        state: "running"
      })
      assert.deepStrictEqual(running.args, ["-c", "read line; exit 5"])
      assert.notProperty(running, "exit")
      const status = yield* child.status
      assert.isTrue(status.running)
      assert.isAtLeast(status.elapsedMs, 0)

      yield* child.closeStdin
      yield* Stream.runDrain(child.lifecycle)
      const over = yield* client.get(child.id)
      assert.deepInclude(over, { state: "closed", exit: { _tag: "Exited", code: 5 }, startedAt: running.startedAt })
      assert.isAtLeast(over.exitedAt!, over.startedAt)
      const after = yield* child.status
      assert.deepInclude(after, { running: false, exit: { _tag: "Exited", code: 5 } })
      assert.strictEqual((yield* child.status).elapsedMs, after.elapsedMs)
    })
  )

  it.effect("lists the client's own processes, oldest first", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const other = yield* connect()
      const [first, second] = [yield* client.spawn("cat"), yield* client.spawn("cat")]
      yield* other.spawn("cat")
      assert.deepStrictEqual(
        (yield* client.list()).map(({ id }) => id),
        [first.id, second.id]
      )
      assert.strictEqual((yield* Effect.flip(other.get(first.id)))._tag, "ProcessNotFound")
    })
  )

  it.effect("tells what its processes use, with their descendants, and nothing of those of others", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const other = yield* connect()
      const child = yield* spawnScript(client, "(while :; do :; done) & sleep 1000")
      yield* other.spawn("cat")
      const busy = eventually("time of a descendant is counted", client.usage(), ({ processes }) =>
        processes.some(({ cpuMs }) => cpuMs >= 100)
      )
      const { processes } = yield* busy
      assert.deepStrictEqual(
        processes.map(({ id }) => id),
        [child.id]
      )
      assert.isAbove(processes[0]!.residentBytes, 0)
      yield* client.stop({ id: child.id })
      assert.deepStrictEqual((yield* client.usage()).processes, [])
    })
  )

  it.effect("kill by id and by PID reach the process", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const [byId, byPid] = [yield* client.spawn("sleep", ["1000"]), yield* client.spawn("sleep", ["1000"])]
      yield* client.kill({ id: byId.id })
      yield* client.kill({ pid: byPid.pid }, { signal: "SIGHUP" })
      assert.deepStrictEqual(yield* byId.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* byPid.exit, { _tag: "Signaled", signal: "SIGHUP" })
    })
  )

  it.effect("kill and stop with an option that there is not signal nobody", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"])
      for (const options of ["SIGINT", { killSignal: "SIGINT" }, { Signal: "SIGINT" }, null]) {
        for (const attempt of [process.kill(options as never), client.kill({ id: process.id }, options as never)]) {
          assert.strictEqual((yield* Effect.flip(attempt))._tag, "InvalidArgument")
        }
      }
      assert.strictEqual((yield* Effect.flip(process.stop({ step: [] } as never)))._tag, "InvalidArgument")
      assert.isTrue((yield* process.status).running)
    })
  )

  it.effect("kill after the exit is AlreadyExited", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const child = yield* client.spawn("true")
      yield* child.exit
      for (const error of [yield* Effect.flip(child.kill()), yield* Effect.flip(client.kill({ id: child.id }))]) {
        assert.deepInclude(error, { _tag: "AlreadyExited", code: 4005, id: child.id, operation: "kill" })
      }
      assert.strictEqual((yield* Effect.flip(client.kill({ pid: child.pid })))._tag, "ProcessNotFound")
    })
  )

  it.effect("an id that is nobody's, and a PID that is not the broker's, are ProcessNotFound", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const id = `p-${"0".repeat(24)}` as ProcessId
      for (const error of [yield* Effect.flip(client.get(id)), yield* Effect.flip(client.kill({ id }))]) {
        assert.deepInclude(error, { _tag: "ProcessNotFound", code: 4004 })
      }
      // This very process, and the one that started it.
      for (const pid of [process.pid, process.ppid] as Array<Pid>) {
        assert.strictEqual((yield* Effect.flip(client.kill({ pid }, { signal: "SIGKILL" })))._tag, "ProcessNotFound")
      }
    })
  )

  it.effect("a grandchild cannot be named by its PID", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const child = yield* spawnScript(client, "sleep 1000 & echo $!; wait")
      const pid = Number(yield* Stream.runHead(child.stdoutLines).pipe(Effect.flatMap(Effect.fromOption))) as Pid
      assert.strictEqual((yield* Effect.flip(client.kill({ pid })))._tag, "ProcessNotFound")
    })
  )
}
