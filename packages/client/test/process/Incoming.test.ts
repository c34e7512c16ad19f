import { assert, describe, it } from "@effect/vitest"
import { BrokerUnavailable, eagerBytes } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Incoming } from "../../src/process/Incoming.ts"
import { readLine } from "../../src/process/read.ts"
import { readBytes, readChunks } from "../../src/process/read-stream.ts"

const WINDOW = 128 * 1024
const EAGER = eagerBytes(WINDOW)
/** Chunks come in this order, over all streams. */
let arrivals = 0
const gone = new BrokerUnavailable({ reason: "test" })

/** Two streams of one process, and what they have said to the broker. */
const makeProcess = (windowBytes = WINDOW) => {
  const make = (stream: 1 | 2) => {
    const said = { credits: [] as Array<number>, drains: 0, releases: 0 }
    const incoming = new Incoming(stream, windowBytes, {
      credit: (_fd, bytes) => void said.credits.push(bytes),
      drain: () => said.drains++,
      acquired: () => undefined,
      released: () => said.releases++
    })
    return { incoming, said }
  }
  return { stdout: make(1), stderr: make(2) }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (stream: Stream.Stream<Uint8Array, unknown>) => stream.pipe(Stream.decodeText, Stream.mkString)
const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0)

describe("an incoming stream", () => {
  it.effect("gives its reader what came before it and what comes later, in order, to the end", () =>
    Effect.gen(function* () {
      const { incoming } = makeProcess().stdout
      incoming.receive(bytes("a"), 0, arrivals++)
      incoming.receive(bytes("b"), 0, arrivals++)
      const reader = yield* Effect.forkChild(text(readBytes("stdout", [incoming])), { startImmediately: true })
      incoming.receive(bytes("c"), 0, arrivals++)
      yield* Effect.yieldNow
      incoming.receive(bytes("d"), 0, arrivals++)
      incoming.end()
      assert.strictEqual(yield* Fiber.join(reader), "abcd")
    })
  )

  it.effect("ends at once where it has ended already", () =>
    Effect.gen(function* () {
      const { incoming } = makeProcess().stdout
      incoming.end()
      assert.strictEqual(yield* text(readBytes("stdout", [incoming])), "")
      assert.strictEqual(yield* text(readBytes("stdout", [incoming])), "")
    })
  )

  it.effect("fails after what has arrived, and with the first reason", () =>
    Effect.gen(function* () {
      const { incoming } = makeProcess().stdout
      incoming.receive(bytes("a"), 0, arrivals++)
      incoming.fail(gone)
      incoming.fail(new BrokerUnavailable({ reason: "later" }))
      const seen: Array<string> = []
      const stream = readBytes("stdout", [incoming]).pipe(
        Stream.tap((chunk) => Effect.sync(() => seen.push(String(chunk))))
      )
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(stream)), gone)
      assert.deepStrictEqual(seen, ["97"])
    })
  )

  it.effect("wakes a reader that waits when it fails or ends", () =>
    Effect.gen(function* () {
      for (const [finish, tag] of [
        ["end", "Success"],
        ["fail", "Failure"]
      ] as const) {
        const { incoming } = makeProcess().stdout
        const reader = yield* Effect.forkChild(Stream.runDrain(readBytes("stdout", [incoming])), {
          startImmediately: true
        })
        yield* Effect.yieldNow
        incoming[finish](gone)
        assert.strictEqual((yield* Fiber.await(reader))._tag, tag)
      }
    })
  )

  it("is not failed after its end", () => {
    const { incoming } = makeProcess().stdout
    incoming.end()
    incoming.fail(gone)
    assert.isUndefined(incoming.error)
  })

  it.effect("has one reader at a time, and then another", () =>
    Effect.gen(function* () {
      const { incoming, said } = makeProcess().stdout
      const first = yield* Effect.forkChild(Stream.runDrain(readBytes("stdout", [incoming])), {
        startImmediately: true
      })
      yield* Effect.yieldNow
      const error = yield* Effect.flip(Stream.runDrain(readBytes("stdout", [incoming])))
      assert.strictEqual(error._tag, "InvalidArgument")
      assert.include(error.message, "stdout")
      yield* Fiber.interrupt(first)
      assert.strictEqual(said.releases, 1)
      incoming.receive(bytes("x"), 0, arrivals++)
      incoming.end()
      assert.strictEqual(yield* text(readBytes("stdout", [incoming])), "x")
    })
  )

  it.effect("keeps for the next reader what one has not taken", () =>
    Effect.gen(function* () {
      const { incoming } = makeProcess().stdout
      incoming.receive(bytes("a"), 0, arrivals++)
      yield* Stream.runDrain(Stream.take(readBytes("stdout", [incoming]), 1))
      incoming.receive(bytes("b"), 0, arrivals++)
      incoming.end()
      assert.strictEqual(yield* text(readBytes("stdout", [incoming])), "b")
    })
  )

  it.effect("says why it cannot be read where it is not piped", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.runDrain(readBytes("stderr", [])))
      assert.strictEqual(error._tag === "InvalidArgument" && error.argument, "stderr")
    })
  )
})

describe("the credit of an incoming stream", () => {
  it("is raised to the window by what comes for the first reader, and not again", () => {
    const { incoming, said } = makeProcess().stdout
    incoming.acquire({ wake: () => {} })
    assert.strictEqual(said.credits.length, 0)
    incoming.receive(new Uint8Array(EAGER), 0, arrivals++)
    assert.deepStrictEqual(said.credits, [WINDOW - EAGER])
    incoming.receive(new Uint8Array(1), 0, arrivals++)
    incoming.release()
    incoming.acquire({ wake: () => {} })
    assert.strictEqual(said.credits.length, 1)
  })

  it("is raised at once for a reader who finds much, and for one whose stream was being drained", () => {
    const [much, drained] = [makeProcess().stdout, makeProcess().stdout]
    much.incoming.receive(new Uint8Array(EAGER), 0, arrivals++)
    drained.incoming.drain()
    for (const { incoming, said } of [much, drained]) {
      incoming.acquire({ wake: () => {} })
      assert.deepStrictEqual(said.credits, [WINDOW - EAGER])
    }
  })

  it("is said again, also where it is nothing, by each reader of a stream that was being drained", () => {
    const { incoming, said } = makeProcess().stdout
    for (let reader = 0; reader < 3; reader++) {
      incoming.drain()
      incoming.acquire({ wake: () => {} })
      incoming.release()
    }
    assert.deepStrictEqual(said.credits, [WINDOW - EAGER, 0, 0])
  })

  it("is not asked for by a short output", () => {
    const { incoming, said } = makeProcess().stdout
    incoming.acquire({ wake: () => {} })
    incoming.receive(new Uint8Array(10), 0, arrivals++)
    incoming.takeAll()
    incoming.waits()
    incoming.release()
    assert.strictEqual(said.credits.length, 0)
  })

  it("is not asked for once the stream has ended", () => {
    const { incoming, said } = makeProcess().stdout
    incoming.acquire({ wake: () => {} })
    incoming.receive(new Uint8Array(WINDOW), 0, arrivals++)
    const before = said.credits.length
    incoming.end()
    incoming.takeAll()
    incoming.takeAll()
    incoming.release()
    assert.strictEqual(said.credits.length, before)
  })

  it.prop(
    "is never more than the window beyond what was taken, and a reader that takes all is never left without",
    [
      Schema.Array(
        Schema.Union([
          Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40_000 })),
          Schema.Literals(["take", "one"])
        ])
      ),
      Schema.Literals([4096, 65_536, WINDOW])
    ],
    ([steps, windowBytes]) => {
      const { incoming, said } = makeProcess(windowBytes).stdout
      let received = 0
      let taken = 0
      const credit = (): number => eagerBytes(windowBytes) + sum(said.credits) - received
      incoming.acquire({ wake: () => {} })
      for (const step of steps) {
        if (step === "take") taken += sum(incoming.takeAll().map((chunk) => chunk.bytes.byteLength))
        else if (step === "one")
          taken += incoming.first?.arrival === undefined ? 0 : incoming.takeOne().bytes.byteLength
        else if (credit() > 0) {
          incoming.receive(new Uint8Array(step), 0, arrivals++)
          received += step
        }
        assert.isAtMost(credit() + received - taken, windowBytes)
      }
      incoming.takeAll()
      incoming.takeAll()
      assert.isAbove(credit(), 0)
    }
  )
})

describe("a gap", () => {
  it.effect("gives up what is queued and older, so that a later reader gets one piece", () =>
    Effect.gen(function* () {
      const { incoming, said } = makeProcess().stdout
      incoming.receive(bytes("old"), 0, arrivals++)
      incoming.gap()
      incoming.receive(bytes("new"), 0, arrivals++)
      incoming.end()
      assert.strictEqual(incoming.discardedBytes, 3)
      assert.strictEqual(yield* text(readBytes("stdout", [incoming])), "new")
      assert.isAtMost(sum(said.credits), WINDOW - EAGER + 3)
    })
  )

  it("takes nothing from a reader that is there", () => {
    const { incoming } = makeProcess().stdout
    incoming.acquire({ wake: () => {} })
    incoming.receive(bytes("old"), 0, arrivals++)
    incoming.gap()
    assert.strictEqual(incoming.takeAll().length, 1)
    assert.strictEqual(incoming.discardedBytes, 0)
  })

  it("is asked for only where nobody reads and something may come", () => {
    const { incoming, said } = makeProcess().stdout
    incoming.drain()
    assert.strictEqual(said.drains, 1)
    incoming.acquire({ wake: () => {} })
    incoming.drain()
    incoming.release()
    incoming.end()
    incoming.drain()
    assert.strictEqual(said.drains, 1)
  })
})

const Step = Schema.Struct({
  /** Comes next. Its first byte may not be the one after the last. */
  length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 })),
  skipped: Schema.Literals([0, 0, 7]),
  taken: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 80 }))
})

describe("the position of an incoming stream", () => {
  it.effect.prop(
    "is that of the next byte, however much is taken at a time, put back, or never came",
    [Schema.Array(Step)],
    ([steps]) =>
      Effect.sync(() => {
        const { incoming } = makeProcess().stdout
        incoming.startAt(100)
        incoming.acquire({ wake: () => {} })
        /** The places of the bytes that are there. Each byte is its place, as far as that fits. */
        const places: Array<number> = []
        let next = 100
        for (const { length, skipped, taken } of steps) {
          next += skipped
          if (skipped > 0) incoming.gap()
          const chunk = Uint8Array.from({ length }, (_, at) => next + at)
          incoming.receive(chunk, next, arrivals++)
          for (const _ of chunk) places.push(next++)
          const part = incoming.takeBytes(taken)
          const ofPart = places.splice(0, part.byteLength)
          assert.deepStrictEqual([...part], [...Uint8Array.from(ofPart)])
          assert.strictEqual(incoming.position, ofPart.at(-1)! + 1)
          if (taken % 3 !== 0) continue
          incoming.putBack(
            [part.slice(0, 1), part.slice(1)].filter(({ byteLength }) => byteLength > 0),
            ofPart[0]!
          )
          places.unshift(...ofPart)
          assert.strictEqual(incoming.position, ofPart[0])
        }
        for (const chunk of incoming.takeAll()) places.splice(0, chunk.bytes.byteLength)
        assert.deepStrictEqual(places, [])
        assert.strictEqual(incoming.position, next)
      })
  )
})

it.effect("a line that does not come whole leaves the position where it began, also where bytes of it never came", () =>
  Effect.gen(function* () {
    const { incoming } = makeProcess().stdout
    incoming.receive(bytes("one\ntw"), 0, arrivals++)
    assert.strictEqual(yield* readLine("stdout", incoming, "replace"), "one\n")
    const reading = yield* Effect.forkChild(Effect.flip(readLine("stdout", incoming, "replace")), {
      startImmediately: true
    })
    incoming.gap()
    incoming.receive(bytes("o"), 16, arrivals++)
    yield* Effect.yieldNow
    incoming.fail(gone)
    assert.strictEqual(yield* Fiber.join(reading), gone)
    assert.strictEqual(incoming.position, 4)
  })
)

describe("both streams together", () => {
  it.effect("come in the order of their arrival, each chunk whole", () =>
    Effect.gen(function* () {
      const { stdout, stderr } = makeProcess()
      const both = [stdout.incoming, stderr.incoming]
      for (const [index, letter] of "abcdefgh".split("").entries())
        both[(index * index) % 2]!.receive(bytes(letter), 0, arrivals++)
      for (const each of both) each.end()
      const chunks = yield* Stream.runCollect(readChunks("all", both, "own"))
      assert.strictEqual(chunks.map((chunk) => String.fromCharCode(chunk.bytes[0]!)).join(""), "abcdefgh")
      assert.deepStrictEqual(chunks.map(({ from }) => from).slice(0, 2), ["stdout", "stderr"])
    })
  )

  it.effect("end when both have ended, and fail when one fails", () =>
    Effect.gen(function* () {
      const { stdout, stderr } = makeProcess()
      const reader = yield* Effect.forkChild(Stream.runDrain(readBytes("all", [stdout.incoming, stderr.incoming])), {
        startImmediately: true
      })
      yield* Effect.yieldNow
      stdout.incoming.end()
      yield* Effect.yieldNow
      assert.isUndefined(reader.pollUnsafe())
      stderr.incoming.fail(gone)
      assert.strictEqual((yield* Fiber.await(reader))._tag, "Failure")
    })
  )

  it.effect("are released both where one of them is taken", () =>
    Effect.gen(function* () {
      const { stdout, stderr } = makeProcess()
      stderr.incoming.acquire({ wake: () => {} })
      const error = yield* Effect.flip(Stream.runDrain(readBytes("all", [stdout.incoming, stderr.incoming])))
      assert.strictEqual(error._tag, "InvalidArgument")
      assert.isFalse(stdout.incoming.isRead)
      assert.isTrue(stderr.incoming.isRead)
    })
  )
})
