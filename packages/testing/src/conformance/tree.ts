import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { connect, eventually, fixture, node, spawnScript, type TestClient, waitForLine } from "../harness.ts"
import { living, type ProcessFacts } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Descendants of a process that are in sessions of their own, as commands. */
const strays = (client: TestClient, leader: number) =>
  Effect.map(client.living, (seen) => seen.filter(({ session }) => session !== leader))

/** A program that is started with `setsid` is the old one, in the old session, for a moment. */
const untilStrays = (client: TestClient, leader: number, commands: ReadonlyArray<string>) =>
  eventually(
    `these have left: ${commands.join(", ")}`,
    strays(client, leader),
    (seen) =>
      seen
        .map(({ command }) => command)
        .toSorted()
        .join() === commands.join()
  )

const untilNobodyLives = (client: TestClient) =>
  eventually("nobody is left", client.living, (left) => left.length === 0)

const killEach = (processes: ReadonlyArray<ProcessFacts>): void => {
  for (const { pid } of processes) process.kill(pid, "SIGKILL")
}

/** Starts itself in a new session so many times, one within the other; each also has a child in its own. */
const nest = `if [ "$1" -gt 0 ]; then setsid sh -c "$0" "$0" $(($1 - 1)) & else echo ready; fi; sleep 1000 & wait`

/** Starts sessions as fast as it can, each of which starts two more. It stops before it is a danger to the machine. */
const breed = `echo born; i=0; while [ $i -lt 200 ]; do
  setsid sh -c 'setsid sleep 1000 & setsid sleep 1000 & wait' & i=$((i + 1)); done; wait`

export const tree = (it: SuiteIt): void => {
  it.effect("without it, a signal does not reach a descendant that has left the group", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.addFinalizer(() => Effect.map(client.living, killEach))
      const process = yield* spawnScript(client, "setsid sleep 1000 & wait")
      const [stray] = yield* untilStrays(client, process.pid, ["sleep 1000"])
      yield* process.kill()
      yield* process.exit
      // Whatever the signal was to reach, it has: the answer to a later question has come back.
      yield* process.status
      assert.isDefined(living(stray!.pid))
    })
  )

  it.effect("with it, a signal reaches descendants in sessions and groups of their own", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "setsid sleep 1000 & setsid sh -c 'sleep 1000 & wait' & wait"
      const process = yield* spawnScript(client, script)
      yield* untilStrays(client, process.pid, ["sh -c sleep 1000 & wait", "sleep 1000", "sleep 1000"])
      yield* process.kill({ tree: true })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGTERM" })
      yield* untilNobodyLives(client)
    })
  )

  it.effect("it finds a job of `set -m` by its session, although its parent has exited", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "bash -c 'set -m; (sleep 1000 & exit); echo ready; cat'")
      yield* waitForLine(process, "ready")
      const isOrphan = ({ group, command }: ProcessFacts) => group !== process.pid && command === "sleep 1000"
      yield* eventually("the job is there", client.living, (seen) => seen.some(isOrphan))
      yield* process.kill({ tree: true })
      yield* untilNobodyLives(client)
    })
  )

  it.effect("it can be asked for by PID", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "setsid sleep 1000 & wait")
      yield* untilStrays(client, process.pid, ["sleep 1000"])
      yield* client.kill({ pid: process.pid }, { signal: "SIGKILL", tree: true })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGKILL" })
      yield* untilNobodyLives(client)
    })
  )

  it.effect("SIGKILL after the grace reaches a descendant that ignores the signal and has outlived its parents", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `setsid "${node}" "${fixture("ignore-sigterm.js")}" & wait`
      const process = yield* spawnScript(client, script)
      yield* waitForLine(process, "ready")
      yield* process.kill({ forceKillAfter: "100 millis", tree: true })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGTERM" })
      yield* untilNobodyLives(client)
    })
  )

  it.effect("a scope that closes before that grace is over ends the tree", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const script = `setsid "${node}" "${fixture("ignore-sigterm.js")}" & wait`
          const process = yield* spawnScript(client, script, { forceKillAfter: "100 millis" })
          yield* waitForLine(process, "ready")
          yield* process.kill({ forceKillAfter: "1 hour", tree: true })
          yield* process.exit
        })
      )
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("twenty sessions, one within the other, end at once", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        const process = yield* client.spawn("sh", ["-c", nest, nest, "20"])
        yield* waitForLine(process, "ready")
        const sleeps = (seen: ReadonlyArray<ProcessFacts>) => seen.filter(({ command }) => command === "sleep 1000")
        const whole = yield* eventually("all are there", client.living, (seen) => sleeps(seen).length === 21)
        assert.strictEqual(new Set(whole.map(({ session }) => session)).size, 21)
        yield* process.kill({ signal, tree: true })
        assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal })
        yield* untilNobodyLives(client)
      }
    })
  )

  it.effect("SIGKILL catches a tree whole that forks as fast as it can", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.addFinalizer(() => Effect.map(client.living, killEach))
      for (let attempt = 0; attempt < 5; attempt++) {
        const process = yield* spawnScript(client, breed)
        yield* waitForLine(process, "born")
        yield* eventually("it forks", strays(client, process.pid), (seen) => seen.length > 10 * attempt)
        yield* process.kill({ signal: "SIGKILL", tree: true })
        yield* process.exit
        yield* untilNobodyLives(client)
      }
    })
  )

  it.effect("it leaves a sibling alone, and the sibling's descendants", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.addFinalizer(() => Effect.map(client.living, killEach))
      const sibling = yield* spawnScript(client, "setsid sleep 1001 & wait")
      const [stray] = yield* untilStrays(client, sibling.pid, ["sleep 1001"])
      const process = yield* spawnScript(client, "setsid sleep 1000 & wait")
      yield* eventually("both are there", client.living, (seen) => seen.length === 4)
      yield* process.kill({ signal: "SIGKILL", tree: true })
      yield* process.exit
      const left = yield* eventually("two are left", client.living, (seen) => seen.length === 2)
      assert.sameMembers(
        left.map(({ pid }) => pid),
        [sibling.pid, stray!.pid]
      )
    })
  )

  it.effect("a signal that a descendant handles goes to it once, and does not end it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const handles = `trap "echo got it" USR1; echo ready; while :; do sleep 0.05; done`
      const script = `trap : USR1; setsid sh -c '${handles}' & while :; do sleep 0.05; done`
      const process = yield* spawnScript(client, script)
      yield* waitForLine(process, "ready")
      yield* process.kill({ signal: "SIGUSR1", tree: true })
      const next = yield* process.stdoutLines.pipe(Stream.runHead)
      assert.deepStrictEqual(next._tag === "Some" && next.value, "got it")
      yield* process.kill({ signal: "SIGKILL", tree: true })
      yield* process.exit
      const rest = yield* Stream.runCollect(process.stdoutLines)
      assert.deepStrictEqual(rest, [])
    })
  )

  // The limit of it, as `tree` says: nothing in /proc tells whose such a process was.
  it.effect("it does not find a daemon: another session, and every ancestor has exited", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.addFinalizer(() => Effect.map(client.living, killEach))
      const process = yield* spawnScript(client, "(setsid sleep 1000 &); echo ready; cat")
      yield* waitForLine(process, "ready")
      const [daemon] = yield* untilStrays(client, process.pid, ["sleep 1000"])
      assert.notStrictEqual(daemon!.parent, process.pid)
      yield* process.kill({ signal: "SIGKILL", tree: true })
      yield* process.exit
      yield* process.status
      assert.isDefined(living(daemon!.pid))
    })
  )
}
