import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { ChildTable } from "../../src/child/ChildTable.ts"
import { groupLives, signalGroup } from "../../src/child/process-group.ts"
import { type ChildEnd, errnoOf, startChild } from "../../src/child/start-child.ts"

const env = { PATH: process.env["PATH"] ?? "" }

interface Started {
  readonly pid: number
  readonly exited: Promise<ChildEnd>
  readonly stdout: NodeJS.ReadableStream
}

/** A shell that runs a script in a group of its own, and is gone with the test. */
const shell = (script: string) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<Started>((resolve, reject) => {
          const { promise: exited, resolve: onExited } = Promise.withResolvers<ChildEnd>()
          const request = { file: "/bin/sh", argv0: "sh", args: ["-c", script], cwd: "/", env }
          let pid = 0
          const child = startChild(request, ["ignore", "pipe", "ignore"], {
            started: (number) => (pid = number),
            failed: reject,
            exited: onExited
          })
          if (child !== undefined) resolve({ pid, exited, stdout: child.stdout! })
        })
    ),
    ({ pid, exited }) =>
      Effect.promise(() => {
        signalGroup(pid, "SIGKILL")
        return exited
      })
  )

const firstOutput = ({ stdout }: Started) =>
  Effect.promise(() => once(stdout, "data").then(([chunk]) => String(chunk).trim()))
/** The others of a group go a little later than its leader, and no event tells. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
const groupOf = (pid: number | "self"): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2])
}

describe("signals to groups", () => {
  it("are never sent to everybody, to the init process or to nobody in particular", () => {
    for (const group of [
      0,
      -0,
      1,
      -1,
      -2,
      -process.pid,
      NaN,
      Infinity,
      -Infinity,
      0.5,
      1.5,
      2 ** 31,
      2 ** 32,
      2 ** 32 + 1
    ]) {
      assert.isFalse(signalGroup(group, 0), String(group))
    }
  })

  it.effect("are never sent to the sender's own group", () =>
    Effect.gen(function* () {
      const file = fileURLToPath(new URL("../../src/child/process-group.ts", import.meta.url))
      const program = `import(${JSON.stringify(file)}).then(({ signalGroup }) => {
        const answer = signalGroup(process.pid, "SIGKILL"); console.log("alive", answer) })`
      const child = yield* shell(`exec ${process.execPath} -e '${program}'`)
      const killed = child.exited.then(({ signal }) => `killed by ${signal}`)
      const answer = yield* Effect.promise(() => Promise.race([Effect.runPromise(firstOutput(child)), killed]))
      assert.strictEqual(answer, "alive false")
    })
  )

  it.effect("find a group while it has a living member, and not after", () =>
    Effect.gen(function* () {
      const child = yield* shell("echo ready; sleep 1000")
      yield* firstOutput(child)
      assert.isTrue(groupLives(child.pid))
      assert.strictEqual(groupOf(child.pid), child.pid)
      assert.notStrictEqual(groupOf(child.pid), groupOf("self"))
      assert.isTrue(signalGroup(child.pid, "SIGKILL"))
      yield* Effect.promise(() => child.exited)
      while (groupLives(child.pid)) yield* turn
      assert.isFalse(groupLives(child.pid))
    })
  )
})

describe("the table of children", () => {
  it("knows nobody who was not started", () => {
    const table = new ChildTable()
    for (const id of [0, 1, -1, NaN, process.pid]) {
      assert.isFalse(table.lives(id))
      assert.isFalse(table.exited(id))
      assert.isFalse(table.signal(id, "SIGKILL"))
    }
    table.killAll()
  })

  it("sends nothing for a child whose number cannot be one", () => {
    const table = new ChildTable()
    for (const [id, pid] of [0, 1, -1, NaN].entries()) {
      table.started(id, pid)
      assert.isFalse(table.signal(id, "SIGKILL"))
    }
    table.killAll()
  })

  it.effect("signals a child, and forgets it once it is reaped and its group is gone", () =>
    Effect.gen(function* () {
      const table = new ChildTable()
      const child = yield* shell("echo ready; sleep 1000")
      table.started(1, child.pid)
      yield* firstOutput(child)
      assert.isTrue(table.lives(1))
      assert.isTrue(table.signal(1, "SIGTERM"))
      assert.deepStrictEqual(yield* Effect.promise(() => child.exited), { code: null, signal: "SIGTERM" })
      while (table.exited(1)) yield* turn
      assert.isFalse(table.lives(1))
      assert.isFalse(table.signal(1, "SIGTERM"))
    })
  )

  it.effect("kills all in the last moment but those that survive", () =>
    Effect.gen(function* () {
      const table = new ChildTable()
      const ends = yield* shell("echo ready; sleep 1000")
      const survives = yield* shell("echo ready; sleep 1000")
      table.started(1, ends.pid)
      table.started(2, survives.pid, true)
      yield* Effect.all([firstOutput(ends), firstOutput(survives)])
      table.killAll()
      assert.deepStrictEqual(yield* Effect.promise(() => ends.exited), { code: null, signal: "SIGKILL" })
      assert.isTrue(table.lives(2))
      assert.isTrue(table.signal(2, "SIGTERM"))
      assert.deepStrictEqual(yield* Effect.promise(() => survives.exited), { code: null, signal: "SIGTERM" })
    })
  )

  it.effect("reaches those who are left of a group whose leader has gone", () =>
    Effect.gen(function* () {
      const table = new ChildTable()
      const child = yield* shell("sleep 1000 & echo ready; exit 3")
      table.started(1, child.pid)
      yield* firstOutput(child)
      assert.strictEqual((yield* Effect.promise(() => child.exited)).code, 3)
      assert.isTrue(table.exited(1))
      assert.isTrue(table.lives(1))
      assert.isTrue(table.signal(1, "SIGKILL"))
      while (table.lives(1)) yield* turn
    })
  )

  it.effect("leaves a process alone that has the number of a child that was reaped", () =>
    Effect.gen(function* () {
      const table = new ChildTable()
      const stranger = yield* shell("echo ready; sleep 1000")
      yield* firstOutput(stranger)
      // As if this number had been a child's that has been reaped, and the system had given it away again.
      table.started(1, stranger.pid)
      assert.isFalse(table.exited(1))
      assert.isFalse(table.signal(1, "SIGKILL"))
      table.killAll()
      assert.isTrue(groupLives(stranger.pid))
    })
  )

  it.effect("kills everybody it knows", () =>
    Effect.gen(function* () {
      const table = new ChildTable()
      const children = [yield* shell("sleep 1000"), yield* shell("trap '' TERM; echo ready; sleep 1000 & wait")]
      yield* firstOutput(children[1]!)
      for (const [id, { pid }] of children.entries()) table.started(id, pid)
      table.killAll()
      for (const { exited } of children) assert.strictEqual((yield* Effect.promise(() => exited)).signal, "SIGKILL")
    })
  )
})

describe("starting a child", () => {
  const failure = (request: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const whole = { file: "/bin/true", argv0: "true", args: [], cwd: "/", env, ...request }
      startChild(whole, ["ignore", "ignore", "ignore"], {
        started: (pid) => reject(new Error(`started ${pid}`)),
        failed: resolve,
        exited: () => {}
      })
    })

  for (const [what, request, errno] of [
    ["a file that is not there", { file: "/none" }, "ENOENT"],
    ["a directory", { file: "/" }, "EACCES"],
    ["a directory that is not there", { cwd: "/none" }, "ENOENT"],
    ["an argument that is too long", { args: ["x".repeat(200_000)] }, "E2BIG"]
  ] as const) {
    it.effect(`fails with an errno for ${what}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Effect.promise(() => failure(request)), errno)
      })
    )
  }

  it("has an errno for whatever was thrown", () => {
    assert.strictEqual(errnoOf(Object.assign(new Error("x"), { code: "EMFILE" })), "EMFILE")
    for (const cause of [undefined, null, new Error("x"), { code: 1 }]) assert.strictEqual(errnoOf(cause), "EIO")
  })
})
