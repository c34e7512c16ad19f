/** `run`: lines as they come, cancellation, and what is kept of the output. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { type Line, RunFailed, type RunOptions, RunResult } from "@spawnbroker/client"
import { connect, eventually, fixture, node } from "@spawnbroker/testing"
import { Context, Data, Deferred, Effect, Fiber, Stream } from "effect"

class Refused extends Data.TaggedError("Refused")<{ readonly line: string }> {}

class Prefix extends Context.Service<Prefix, string>()("Prefix") {}

layer(Broker.layer(), { excludeTestServices: true })("run", (it) => {
  it.effect("gives each line as it comes, of both streams, in order, without its end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const seen: Array<Line> = []
      const result = yield* client.run(node, [fixture("alternate.js"), "6"], {
        stdin: "......",
        onLine: (line) => Effect.sync(() => seen.push(line))
      })
      const texts = (from: Line["from"]) => seen.filter((line) => line.from === from).map(({ text }) => text)
      assert.deepStrictEqual(texts("stdout"), ["1", "3", "5"])
      assert.deepStrictEqual(texts("stderr"), ["2", "4", "6"])
      assert.strictEqual(result.stdout, "1\n3\n5\n")
      assert.isFalse(result.failed)
    })
  )

  it.effect("gives a line while the process still runs", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const answer = yield* Deferred.make<string>()
      // It ends only once its first line has been seen.
      const result = yield* client.run("sh", ["-c", "echo question; read answer; echo $answer"], {
        stdin: Stream.fromEffect(Deferred.await(answer)),
        onLine: ({ text }) => Deferred.succeed(answer, `re: ${text}\n`)
      })
      assert.strictEqual(result.stdout, "question\nre: question\n")
    })
  )

  it.effect("holds the process back while a callback is slow, and loses no line", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const go = yield* Deferred.make<void>()
      const total = 1_000_000
      let lines = 0
      let last = ""
      const running = yield* Effect.forkChild(
        client.run("seq", [String(total)], {
          maxOutputBytes: 0,
          onLine: ({ text }) =>
            Effect.suspend(() => {
              lines++
              last = text
              return lines === 1 ? Deferred.await(go) : Effect.void
            })
        })
      )
      let before = -1
      yield* eventually(
        "it stands still",
        Effect.delay(
          Effect.map(client.list(), ([seq]) => {
            const same = seq !== undefined && seq.bytes.stdout > 0 && seq.bytes.stdout === before
            before = seq?.bytes.stdout ?? -1
            return { same, state: seq?.state, bytes: before }
          }),
          "50 millis"
        ),
        ({ same }) => same
      )
      // Not all of the 6.9 MB: it waits for us.
      assert.isBelow(before, 4_000_000)
      assert.strictEqual((yield* client.list())[0]!.state, "running")
      yield* Deferred.succeed(go, undefined)
      const result = yield* Fiber.join(running)
      assert.deepStrictEqual([lines, last], [total, String(total)])
      assert.deepStrictEqual(result.omittedBytes, { stdout: 6_888_896, stderr: 0 })
    })
  )

  it.effect("ends the process when a callback fails, with that error", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const refused = yield* Effect.flip(
        client.run("yes", [], { onLine: ({ text }) => Effect.fail(new Refused({ line: text })) })
      )
      assert.deepInclude(refused, { _tag: "Refused", line: "y" })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("ends the process when a callback throws", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const bug = new Error("a bug of the caller")
      const defect = yield* client
        .run("yes", [], {
          onLine: () => {
            throw bug
          }
        })
        .pipe(Effect.catchDefect((cause) => Effect.succeed(cause)))
      assert.strictEqual(defect, bug)
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("gives a callback the services that it needs", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const seen: Array<string> = []
      yield* client
        .run("printf", ["a\\nb"], {
          onLine: ({ text }) =>
            Effect.map(Effect.service(Prefix), (prefix) => {
              seen.push(prefix + text)
            })
        })
        .pipe(Effect.provideService(Prefix, "> "))
      assert.deepStrictEqual(seen, ["> a", "> b"])
    })
  )

  it.effect("that is interrupted while a callback waits ends the process", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const waiting = yield* Deferred.make<void>()
      const running = yield* Effect.forkChild(
        client.run("yes", [], { onLine: () => Effect.andThen(Deferred.succeed(waiting, undefined), Effect.never) })
      )
      yield* Deferred.await(waiting)
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("that is cancelled has a result: how it ended, and what was said until then", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const cancel = yield* Deferred.make<void>()
      const result = yield* client.run("sh", ["-c", "echo begun; sleep 1000 & wait"], {
        cancel: Deferred.await(cancel),
        onLine: () => Deferred.succeed(cancel, undefined)
      })
      assert.deepInclude(result, { cancelled: true, failed: true, timedOut: false, stdout: "begun\n" })
      assert.deepStrictEqual(result.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("that is cancelled gets its own kill signal, and SIGKILL after the grace", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const cancel = yield* Deferred.make<void>()
      const ready = { onLine: () => Deferred.succeed(cancel, undefined), cancel: Deferred.await(cancel) }
      const asked = yield* client.run("sh", ["-c", "trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done"], {
        ...ready,
        killSignal: "SIGUSR1"
      })
      assert.deepStrictEqual(asked.exit, { _tag: "Exited", code: 7 })
      assert.isTrue(asked.cancelled)

      const again = yield* Deferred.make<void>()
      const forced = yield* client.run(node, [fixture("ignore-sigterm.js")], {
        forceKillAfter: "50 millis",
        onLine: () => Deferred.succeed(again, undefined),
        cancel: Deferred.await(again)
      })
      assert.deepStrictEqual(forced.exit, { _tag: "Signaled", signal: "SIGKILL" })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("that was cancelled before its start is ended once it has started", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("sleep", ["1000"], { cancel: Effect.void })
      assert.deepInclude(result, { cancelled: true, failed: true })
      assert.deepStrictEqual(result.exit, { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("that is cancelled does not wait for ever for a callback, or for those that keep its output open", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stuck = yield* Deferred.make<void>()
      const result = yield* client.run("sh", ["-c", "echo one; sleep 1000"], {
        cancel: Deferred.await(stuck),
        onLine: () => Effect.andThen(Deferred.succeed(stuck, undefined), Effect.never)
      })
      assert.isTrue(result.cancelled)

      const left = yield* Deferred.make<void>()
      // The leader exits at once; another session keeps the pipe, and the run waits for its real end.
      const kept = yield* client.run("sh", ["-c", "setsid sleep 1000 & echo left"], {
        waitForEof: true,
        cancel: Deferred.await(left),
        onLine: () => Deferred.succeed(left, undefined)
      })
      assert.deepInclude(kept, { cancelled: true, stdout: "left\n" })
      for (const { pid } of yield* client.living) process.kill(pid, "SIGKILL")
    })
  )

  it.effect("that ends before it is cancelled was not", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("true", [], { cancel: Effect.never })
      assert.deepInclude(result, { cancelled: false, failed: false, killedBy: undefined, stoppedAfterMs: undefined })
    })
  )

  it.effect("ends when the process does, whatever it is still fed with", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("true", [], { stdin: Stream.never })
      assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("needs no output that is piped", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("sh", ["-c", "echo lost; exit 3"], { stdout: "ignore", stderr: "ignore" })
      assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 3 })
      assert.strictEqual(result.all, "")
    })
  )

  it.effect("keeps the head or the tail of what is too long, and counts the rest", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "seq 100000; echo first >&2; echo last >&2"
      const head = yield* client.run("sh", ["-c", script], { maxOutputBytes: 10 })
      assert.deepInclude(head, { stdout: "1\n2\n3\n4\n5\n", stderr: "first\nlast", truncated: true })
      assert.deepStrictEqual(head.omittedBytes, { stdout: 588_895 - 10, stderr: 1 })
      const tail = yield* client.run("sh", ["-c", script], { maxOutputBytes: 10, keep: "tail" })
      assert.deepInclude(tail, { stdout: "99\n100000\n", stderr: "irst\nlast\n", truncated: true })
      assert.deepStrictEqual(tail.omittedBytes, { stdout: 588_895 - 10, stderr: 1 })
      const whole = yield* client.run("sh", ["-c", script])
      assert.isFalse(whole.truncated)
      assert.deepStrictEqual(whole.omittedBytes, { stdout: 0, stderr: 0 })
    })
  )

  it.effect("says what was run", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.$`printf ${"a b"}`
      assert.deepInclude(result, { command: "printf", stdout: "a b" })
      assert.deepStrictEqual(result.args, ["a b"])
    })
  )

  it.effect("refuses options that are none before anything runs", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const wrong: ReadonlyArray<readonly [string, unknown]> = [
        ["onLine", "a text"],
        ["cancel", new AbortController().signal],
        ["maxOutputBytes", -1],
        ["maxOutputBytes", 1.5],
        ["maxOutputBytes", Infinity],
        ["keep", "middle"],
        ["check", "yes"],
        ["omit", true]
      ]
      for (const [name, value] of wrong) {
        const refused = yield* Effect.flip(client.run("true", [], { [name]: value }))
        assert.deepInclude(refused, { _tag: "InvalidArgument", argument: name })
      }
      assert.deepStrictEqual(yield* client.list(), [])
    })
  )

  it.effect("that is to be a success, and is not, fails with what it came to", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const failed = yield* Effect.flip(client.run("sh", ["-c", "echo why >&2; exit 3"], { check: true }))
      assert.instanceOf(failed, RunFailed)
      if (failed._tag !== "RunFailed") return
      assert.deepInclude(failed.result, { stderr: "why\n", failed: true })
      assert.strictEqual(failed.message, failed.result.report)
      assert.match(failed.message, /^sh -c 'echo why >&2; exit 3': exit code 3 after [0-9.]+ m?s\n {2}why$/)

      const piped = yield* client.run("sh", ["-c", "exit 3"]).pipe(Effect.flatMap(RunResult.successOrFail), Effect.flip)
      assert.strictEqual(piped._tag, "RunFailed")
      const fine = yield* client.run("true", [], { check: true })
      assert.isFalse(fine.failed)
      const template = yield* Effect.flip(client.$({ check: true })`sh -c ${"exit 3"}`)
      assert.strictEqual(template._tag, "RunFailed")
      const timedOut = yield* Effect.flip(client.run("sleep", ["1000"], { check: true, timeout: "50 millis" }))
      assert.match(
        timedOut.message,
        /^sleep 1000: timed out after [0-9]+ ms, ended by SIGTERM \(terminated\)\nhint: raise/
      )
    })
  )

  it.effect("reports what real programs mean by their ends", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const reportOf = (command: string, args: ReadonlyArray<string>, options: RunOptions = {}) =>
        Effect.map(client.run(command, args, options), ({ report }) => report)
      assert.match(yield* reportOf("sh", ["-c", "no-such-command"]), /exit code 127.*\n {2}.*not found\nhint: .*PATH/s)
      assert.match(yield* reportOf("sh", ["-c", "/etc"]), /exit code 126.*\nhint: .*chmod/s)
      assert.match(yield* reportOf("sh", ["-c", "kill -9 $$"]), /ended by SIGKILL \(killed\) after.*\nhint: .*memory/s)
      assert.match(yield* reportOf("sh", ["-c", "sh -c 'kill -11 $$'; exit $?"]), /exit code 139.*SIGSEGV/s)
      assert.match(yield* reportOf(node, ["--no-such-option"]), /exit code 9.*\nhint: .*option/s)
      const never = "await new Promise(() => {})"
      assert.match(yield* reportOf(node, ["--input-type=module", "-e", never]), /exit code 13.*\nhint: .*await/s)
      assert.match(yield* reportOf("sleep", ["1000"], { timeout: 20 }), /timed out after.*\nhint: .*`timeout`/s)
      assert.match(yield* reportOf("seq", ["9"], { maxOutputBytes: 1 }), /\nhint: 17 bytes of stdout were not kept/)
    })
  )

  it.effect("reports a line of shell as the shell that was called", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      const { report } = yield* client.run("echo bad >&2; exit 2", [], { shell: true })
      assert.match(report, /^sh -c 'echo bad >&2; exit 2': exit code 2 after .*\n {2}bad$/)
    })
  )

  it.effect("never waits for a reader of a descriptor that it does not read", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { exit } = yield* client.run("sh", ["-c", "head -c 4000000 /dev/zero >&3"], {
        additionalFds: { 3: "output" }
      })
      assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
    })
  )
})
