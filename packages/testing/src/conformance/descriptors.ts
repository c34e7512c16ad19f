import { createHash } from "node:crypto"
import { constants } from "node:fs"
import { assert } from "@effect/vitest"
import type { ProcessHandle, SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { countingBlocks, countingDigest } from "../fixtures/counting-bytes.js"
import { connect, eventually, spawnFixture, spawnScript, stdoutText, waitForLine } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const MIB = 1024 * 1024

const textOf = (process: ProcessHandle, fd: number) => process.getOutputFd(fd).pipe(Stream.decodeText, Stream.mkString)

/** Writes counting bytes to one descriptor, and gives the digest of what comes out of another meanwhile. */
const pump = (process: ProcessHandle, from: number, to: number, total: number) =>
  Effect.gen(function* () {
    const hash = createHash("sha256")
    yield* Effect.all(
      [
        Stream.fromIterable(countingBlocks(total)).pipe(Stream.rechunk(1), Stream.run(process.getInputFd(from))),
        Stream.runForEach(process.getOutputFd(to), (chunk) => Effect.sync(() => hash.update(chunk)))
      ],
      { concurrency: "unbounded" }
    )
    return hash.digest("hex")
  })

const wrong: ReadonlyArray<readonly [string, Record<string, string>]> = [
  ["a standard stream", { 2: "output" }],
  ["one above the highest", { 64: "input" }],
  ["one below zero", { "-1": "input" }],
  ["half of one", { "3.5": "input" }],
  ["what is no number", { three: "input" }],
  ["the same twice", { 3: "input", "03": "output" }],
  ["an unknown direction", { 3: "both" }],
  ["too many", Object.fromEntries(Array.from({ length: 33 }, (_, index) => [index + 3, "input"]))]
]

export const descriptors = (it: SuiteIt): void => {
  it.effect("an output has what the child writes to it, and nothing else has", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "printf one; printf two >&2; printf three >&3; printf four >&3"
      const process = yield* spawnScript(client, script, { additionalFds: { 3: "output" } })
      const texts = [textOf(process, 3), stdoutText(process), Stream.mkString(process.stderrLines)]
      assert.deepStrictEqual(yield* Effect.all(texts, { concurrency: "unbounded" }), ["threefour", "one", "two"])
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("and the standard ones wait for bytes and for room, as programs expect", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "for fd in 0 1 2 3 4 5; do grep flags /proc/$$/fdinfo/$fd; done"
      const additionalFds = { 3: "output", 4: "input", 5: "duplex" } as const
      const process = yield* spawnScript(client, script, { additionalFds })
      const flags = (yield* Stream.runCollect(process.stdoutLines)).map((line) => parseInt(line.split(/\s+/)[1]!, 8))
      assert.deepStrictEqual(
        flags.map((each) => each & constants.O_NONBLOCK),
        [0, 0, 0, 0, 0, 0]
      )
    })
  )

  it.effect("an input has what the client writes to it, up to its end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "cat <&3", { additionalFds: { 3: "input" } })
      assert.strictEqual(yield* process.writeFd(3, "häh €"), 8)
      yield* process.closeFd(3)
      assert.strictEqual(yield* stdoutText(process), "häh €")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a duplex one is both, and the end of one direction is not that of the other", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "read line <&3; echo first $line >&3; cat <&3 >/dev/null; echo last >&3"
      const process = yield* spawnScript(client, script, { additionalFds: { 3: "duplex" } })
      yield* process.writeFd(3, "line\n")
      const read = yield* Effect.forkChild(textOf(process, 3), { startImmediately: true })
      yield* process.closeFd(3)
      assert.strictEqual(yield* Fiber.join(read), "first line\nlast\n")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a duplex one whose child says no more can still be written to", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // A shell cannot close one direction of a socket; Node can.
      const script = `
        const socket = new (require("node:net").Socket)({ fd: 3, allowHalfOpen: true })
        socket.end("said")
        socket.on("data", (chunk) => process.stdout.write(chunk))`
      const child = yield* client.spawn(process.execPath, ["-e", script], { additionalFds: { 3: "duplex" } })
      assert.strictEqual(yield* textOf(child, 3), "said")
      yield* child.writeFd(3, "heard")
      yield* child.closeFd(3)
      assert.strictEqual(yield* stdoutText(child), "heard")
      assert.deepStrictEqual(yield* child.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("there may be gaps, which stay closed in the child", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "printf five >&5; for fd in 3 4 6; do (: <&$fd) 2>/dev/null && echo $fd is open; done; :"
      const process = yield* spawnScript(client, script, { additionalFds: { 5: "output" } })
      assert.strictEqual(yield* textOf(process, 5), "five")
      assert.strictEqual(yield* stdoutText(process), "")
    })
  )

  it.effect("many at once are told apart", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const fds = Array.from({ length: 18 }, (_, index) => index + 3)
      const additionalFds = Object.fromEntries(fds.map((fd) => [fd, fd % 2 === 0 ? "output" : "input"] as const))
      // Three to four, five to six, and so on.
      const process = yield* spawnFixture(client, "copy-descriptors.js", fds.map(String), { additionalFds })
      const inputs = fds.filter((fd) => fd % 2 === 1)
      yield* Effect.forEach(inputs, (fd) => Stream.run(Stream.make(`via ${fd}`), process.getInputFd(fd)))
      const seen = yield* Effect.forEach(inputs, (fd) => textOf(process, fd + 1), { concurrency: "unbounded" })
      assert.deepStrictEqual(
        seen,
        inputs.map((fd) => `via ${fd}`)
      )
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("10 MiB go in and come out whole and in order, through two of them", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const additionalFds = { 3: "input", 4: "output" } as const
      const process = yield* spawnFixture(client, "copy-descriptors.js", ["3", "4"], { additionalFds })
      assert.strictEqual(yield* pump(process, 3, 4, 10 * MIB), countingDigest(10 * MIB))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("10 MiB go in and come out whole and in order, through one that is both", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "cat <&3 >&3", { additionalFds: { 3: "duplex" } })
      assert.strictEqual(yield* pump(process, 3, 3, 10 * MIB), countingDigest(10 * MIB))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a child that waits on one with `read`, `cat` or `dd` never hears that it would have to wait", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "echo ready; read line <&3; echo $line; dd bs=3 count=1 <&3; echo; cat <&3; echo; cat <&4"
      const process = yield* spawnScript(client, script, { additionalFds: { 3: "duplex", 4: "input" } })
      yield* waitForLine(process, "ready")
      // The shell sleeps in its read by the time of the first write, and the others in theirs.
      for (const part of ["line\n", "abc", "rest"]) {
        yield* eventually(
          "it waits",
          client.living,
          (living) => living.length > 0 && living.every(({ state }) => state === "S")
        )
        yield* process.writeFd(3, part)
      }
      yield* process.closeFd(3)
      yield* process.writeFd(4, "four")
      yield* process.closeFd(4)
      assert.strictEqual(yield* stdoutText(process), "line\nabc\nrest\nfour")
      assert.notInclude(yield* Stream.mkString(process.stderrLines), "unavailable")
    })
  )

  it.effect("a child that fills one waits until somebody reads, and nothing is lost", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 4 * MIB
      const script = `head -c ${total} /dev/zero >&3; echo done`
      const process = yield* spawnScript(client, script, { additionalFds: { 3: "output" } })
      const done = yield* Effect.forkChild(waitForLine(process, "done"))
      const bytes = yield* Stream.runFold(
        process.getOutputFd(3).pipe(Stream.tap(() => Effect.yieldNow)),
        () => 0,
        (sum, chunk) => sum + chunk.byteLength
      )
      yield* Fiber.join(done)
      assert.strictEqual(bytes, total)
    })
  )

  it.effect("one that nobody reads does not keep exit waiting", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `head -c ${8 * MIB} /dev/zero >&3; exit 7`
      const process = yield* spawnScript(client, script, { additionalFds: { 3: "output" } })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 7 })
    })
  )

  it.effect("what the child wrote before its exit is there afterwards, and `Closed` comes once it all is", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // Somebody else has it open when the child has gone.
      const script = "(read line; printf late >&3) <&4 >/dev/null 2>&1 & printf early >&3"
      const additionalFds = { 3: "output", 4: "duplex" } as const
      const process = yield* spawnScript(client, script, { additionalFds, waitForEof: true })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      const closed = yield* Effect.forkChild(Stream.runDrain(process.lifecycle), { startImmediately: true })
      const read = yield* Effect.forkChild(textOf(process, 3), { startImmediately: true })
      assert.strictEqual((yield* Effect.flip(process.writeFd(4, "\n")))._tag, "AlreadyExited")
      assert.strictEqual(yield* Fiber.join(read), "earlylate")
      yield* Fiber.join(closed)
    })
  )

  it.effect("what the child said on one is not lost when it has left with input unread, however slow the reader", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // More than is read at once, less than a socket always holds (see unix(7)), and a child that leaves at once.
      const script = "echo ready; read go; head -c 100000 /dev/zero >&3"
      const options: SpawnOptions = { additionalFds: { 3: "duplex" }, windowBytes: 4096, unread: "block" }
      const process = yield* spawnScript(client, script, options)
      yield* waitForLine(process, "ready")
      const writing = yield* Effect.forkChild(process.writeFd(3, new Uint8Array(2 * MIB)), { startImmediately: true })
      yield* process.write("\n")
      yield* process.exit
      const error = yield* Effect.flip(Fiber.join(writing))
      assert.include(["Io", "AlreadyExited"], error._tag)
      const bytes = yield* Stream.mkUint8Array(process.getOutputFd(3))
      assert.strictEqual(bytes.byteLength, 100_000)
    })
  )

  it.effect.each(["input", "duplex"] as const)(
    "a write to one that the child has closed fails with EPIPE: %s",
    (direction) =>
      Effect.gen(function* () {
        const client = yield* connect()
        const script = "exec 3<&-; echo closed; read line"
        const process = yield* spawnScript(client, script, { additionalFds: { 3: direction } })
        yield* waitForLine(process, "closed")
        // The first ones may be taken before it is known.
        const error = yield* Effect.flip(Effect.forever(process.writeFd(3, new Uint8Array(65_536))))
        assert.deepInclude(error, { _tag: "Io", operation: "write", stream: "fd3", errno: "EPIPE" })
        assert.isTrue((yield* process.status).running)
      })
  )

  it.effect("one that was not asked for cannot be read or written, and the error says what to ask for", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat", [], { additionalFds: { 3: "input", 4: "output" } })
      const errors = yield* Effect.all([
        Effect.flip(Stream.runDrain(process.getOutputFd(3))),
        Effect.flip(process.writeFd(4, "x")),
        Effect.flip(process.closeFd(5)),
        Effect.flip(Stream.run(Stream.make("x"), process.getInputFd(6)))
      ])
      assert.deepStrictEqual(
        errors.map((error) => error._tag === "InvalidArgument" && error.argument),
        ["fd3", "fd4", "fd5", "fd6"]
      )
      for (const { message } of errors) assert.include(message, "additionalFds")
    })
  )

  it.effect.each(wrong)("what can be no descriptor is refused, and nothing runs: %s", ([, additionalFds]) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const error = yield* Effect.flip(Effect.scoped(client.spawn("true", [], { additionalFds } as SpawnOptions)))
      assert.strictEqual(error._tag, "InvalidArgument")
      assert.include(error.message, "additionalFds")
      assert.deepStrictEqual(yield* client.list(), [])
    })
  )

  it.effect("one of a process in the background is kept, and can be read by whoever attaches", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const id = yield* client.start(["sh", "-c", "echo kept >&3; cat <&4 >&3"], {
        additionalFds: { 3: "output", 4: "input" }
      })
      const process = yield* client.attach(id)
      yield* process.writeFd(4, "more")
      yield* process.closeFd(4)
      assert.strictEqual(yield* textOf(process, 3), "kept\nmore")
    })
  )
}
