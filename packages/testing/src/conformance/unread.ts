import { assert } from "@effect/vitest"
import type { LifecycleEvent, ProcessHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { connect, eventually, spawnFixture } from "../harness.ts"
import { living } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const MIB = 1024 * 1024
const TOTAL = 4 * MIB
const WINDOW = 256 * 1024

const droppedOf = (process: ProcessHandle) =>
  Effect.map(Stream.runLast(process.lifecycle), (last) => (last as { readonly value: LifecycleEvent }).value).pipe(
    Effect.map((event) => (event._tag === "Closed" ? event.dropped : assert.fail(`the last event is ${event._tag}`)))
  )

/** Fails unless the bytes are the last of a counting stream of `total`, with no gap. */
const assertTail = (bytes: Uint8Array<ArrayBuffer>, total: number): void => {
  const tail = new DataView(bytes.buffer)
  const whole = bytes.byteLength - (bytes.byteLength % 4)
  const skipped = bytes.byteLength - whole
  for (let at = 0; at < whole; at += 4) {
    const expected = (total - whole + at) / 4
    const actual = tail.getUint32(skipped + at, true)
    if (actual !== expected) assert.fail(`at byte ${at} of the tail is ${actual} instead of ${expected}`)
  }
}

/** The child sleeps in a write: what it has written has not changed between two looks. */
const untilBlocked = (process: ProcessHandle) =>
  Effect.suspend(() => {
    let before = -1
    const look = Effect.map(process.status, ({ bytes }) => {
      const seen = { same: bytes.stdout === before, written: bytes.stdout, state: living(process.pid)?.state }
      before = bytes.stdout
      return seen
    })
    return eventually(
      "the child is blocked",
      look,
      ({ same, written, state }) => same && written >= WINDOW && state === "S"
    )
  })

const write = (spawned: "auto" | "block" | "tail" | undefined) =>
  ({ stdin: "ignore", windowBytes: WINDOW, unread: spawned }) as const

export const unread = (it: SuiteIt): void => {
  it.effect(
    "does not keep exit waiting; what is read afterwards is the contiguous tail, and Closed counts the rest",
    () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL)], write(undefined))
        assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
        const dropped = yield* droppedOf(process)
        const tail = yield* Stream.mkUint8Array(process.stdout)
        assert.isAtLeast(tail.byteLength, 1)
        assert.isAtMost(tail.byteLength, 2 * WINDOW)
        assertTail(tail, TOTAL)
        assert.strictEqual(dropped.stdout + tail.byteLength, TOTAL)
        assert.strictEqual(dropped.stderr, 0)
      })
  )

  it.effect("of two streams is dropped from each by itself", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL), String(TOTAL)], write(undefined))
      const [, stdout] = yield* Effect.all([process.exit, Stream.mkUint8Array(process.stdout)], {
        concurrency: "unbounded"
      })
      const dropped = yield* droppedOf(process)
      assert.strictEqual(stdout.byteLength, TOTAL)
      assert.strictEqual(dropped.stdout, 0)
      assert.isAbove(dropped.stderr, 0)
    })
  )

  it.effect("holds the child up while nobody reads and nobody waits, and nothing is lost", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL)], write(undefined))
      const { written } = yield* untilBlocked(process)
      assert.isBelow(written, TOTAL)
      assert.isTrue((yield* process.status).running)
      const bytes = yield* Stream.mkUint8Array(process.stdout)
      assert.strictEqual(bytes.byteLength, TOTAL)
      assertTail(bytes, TOTAL)
      assert.strictEqual((yield* droppedOf(process)).stdout, 0)
    })
  )

  it.effect("with `block` holds the child up although somebody waits for its exit", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL)], write("block"))
      const exit = yield* Effect.forkChild(process.exit)
      yield* untilBlocked(process)
      assert.isUndefined(exit.pollUnsafe())
      const bytes = yield* Stream.mkUint8Array(process.stdout)
      assert.strictEqual(bytes.byteLength, TOTAL)
      assertTail(bytes, TOTAL)
      assert.deepStrictEqual(yield* Fiber.join(exit), { _tag: "Exited", code: 0 })
    })
  )

  it.effect("with `tail` never holds the child up, even if nobody waits", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL)], write("tail"))
      const dropped = yield* droppedOf(process)
      assert.isAbove(dropped.stdout, 0)
      const tail = yield* Stream.mkUint8Array(process.stdout)
      assertTail(tail, TOTAL)
      assert.strictEqual(dropped.stdout + tail.byteLength, TOTAL)
    })
  )

  it.effect("is complete as long as it fits the window, however late the reader comes", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(WINDOW - 4)], write(undefined))
      yield* process.exit
      const bytes = yield* Stream.mkUint8Array(process.stdout)
      assert.strictEqual(bytes.byteLength, WINDOW - 4)
      assertTail(bytes, WINDOW - 4)
    })
  )

  it.effect("of a reader that stopped early is drained for whoever waits for the exit", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL)], write(undefined))
      yield* Stream.runHead(process.stdout)
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("of a reader that never takes a second chunk holds the child up within twice its window", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "write-counting.js", [String(TOTAL)], write(undefined))
      const reader = yield* Effect.forkChild(Stream.runForEach(process.stdout, () => Effect.never))
      const { written } = yield* untilBlocked(process)
      // Two windows, two chunks as they are read from a socket.
      assert.isAtMost(written, 2 * WINDOW + 2 * WINDOW)
      yield* Fiber.interrupt(reader)
    })
  )
}
