/** The host's own stdin, stdout and stderr, in hosts of their own, for whatever these may be. */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { countingBlocks, countingDigest } from "../src/fixtures/counting-bytes.js"
import { connect, host, node, spawnScript, stderrText, stdoutText, temporaryDirectory } from "../src/harness.ts"

const TOTAL = 20 * 1024 * 1024

/** A host whose three streams are sockets to this test. */
const spawnHost = (spawner: string, act: string) =>
  Effect.flatMap(connect(), (client) => client.spawn(node, [host("stdio.ts"), spawner, act]))

/** A line of shell with a host in it. */
const spawnShell = (script: string) => Effect.flatMap(connect(), (client) => spawnScript(client, script))

const commandOf = (spawner: string, act: string): string => `"${node}" "${host("stdio.ts")}" ${spawner} ${act}`

const inBroker = <A, E>(test: Effect.Effect<A, E, Broker | Scope.Scope>) =>
  Effect.provide(test, Broker.layer({ spawner: "direct" }))

const exitedWell = { _tag: "Exited", code: 0 } as const

describe.each(["direct", "launcher"] as const)("the host's own streams, children started by: %s", (spawner) => {
  it.live("go through where they are sockets", () =>
    Effect.gen(function* () {
      const child = yield* spawnHost(spawner, "echo")
      const hash = createHash("sha256")
      const [said] = yield* Effect.all(
        [
          stderrText(child),
          Stream.run(Stream.rechunk(Stream.fromIterable(countingBlocks(TOTAL)), 1), child.stdin),
          Stream.runForEach(child.stdout, (chunk) => Effect.sync(() => hash.update(chunk)))
        ],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(hash.digest("hex"), countingDigest(TOTAL))
      const [stderr, result] = said.split("\n")
      assert.strictEqual(stderr, "written to stderr")
      // A socket cannot be opened anew, so whoever else has it open is told not to wait meanwhile.
      assert.deepInclude(JSON.parse(result!), { again: 0 })
      assert.include(JSON.parse(result!).nonblocking, 0)
      assert.deepStrictEqual(yield* child.exit, exitedWell)
    }).pipe(inBroker)
  )

  it.live("go through where they are pipes, and nobody else who has them open notices", () =>
    Effect.gen(function* () {
      const child = yield* spawnShell(`(head -c ${TOTAL} /dev/zero | ${commandOf(spawner, "echo")} | wc -c) 2>&1 | cat`)
      const [stderr, said, count] = (yield* stdoutText(child)).split("\n")
      assert.strictEqual(stderr, "written to stderr")
      assert.deepStrictEqual(JSON.parse(said!), { again: 0, nonblocking: [] })
      assert.strictEqual(Number(count), TOTAL)
    }).pipe(inBroker)
  )

  it.live("go through where they are files, from where these stand", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [from, to] = ["in", "out"].map((name) => join(directory, name)) as [string, string]
      writeFileSync(from, Buffer.concat([Buffer.from("skipped\n"), ...countingBlocks(TOTAL)]))
      // The shell takes the first line, byte by byte, and writes one before the host and one after.
      const script = `(read line; echo before; ${commandOf(spawner, "echo")}; echo after) <"${from}" >"${to}" 2>/dev/null`
      const child = yield* spawnShell(script)
      assert.deepStrictEqual(yield* child.exit, exitedWell)
      const written = readFileSync(to)
      const [before, middle, after] = [
        written.subarray(0, 7),
        written.subarray(7, 7 + TOTAL),
        written.subarray(7 + TOTAL)
      ]
      assert.deepStrictEqual([before.toString(), after.toString()], ["before\n", "after\n"])
      assert.strictEqual(createHash("sha256").update(middle).digest("hex"), countingDigest(TOTAL))
    }).pipe(inBroker)
  )

  it.live("go through where they are a terminal", () =>
    Effect.gen(function* () {
      const child = yield* spawnShell(`script -qec '${commandOf(spawner, "echo")}' /dev/null`)
      // The second is what ends input on a terminal.
      yield* child.write("line\n\u0004")
      const text = yield* stdoutText(child)
      // Once as the terminal echoes it, and once as the host has it from us.
      assert.strictEqual(text.split("line\r\n").length, 3, text)
      assert.include(text, "written to stderr")
      assert.deepStrictEqual(yield* child.exit, exitedWell)
    }).pipe(inBroker)
  )

  it.live.each([
    ["a socket", (command: string) => command],
    ["a terminal", (command: string) => `script -qec '${command}' /dev/null`]
  ] as const)("do not keep a host that waits for %s which says nothing", ([, wrap]) =>
    Effect.gen(function* () {
      const child = yield* spawnShell(wrap(commandOf(spawner, "silent")))
      assert.match(yield* stdoutText(child), /^waiting\r?\n/)
      assert.deepStrictEqual(yield* child.exit, exitedWell)
    }).pipe(inBroker)
  )

  it.live("are refused without a grant, by the rule that would give them, and nothing is written", () =>
    Effect.gen(function* () {
      const child = yield* spawnHost(spawner, "denied")
      const said = JSON.parse(yield* stderrText(child)) as ReadonlyArray<Record<string, string>>
      assert.deepStrictEqual(
        said.map(({ _tag, rule, what }) => [_tag, rule, what]),
        ["stdin", "stdout", "stderr"].map((name) => ["PermissionDenied", "stdio.inherit", `the host's own ${name}`])
      )
      assert.strictEqual(yield* stdoutText(child), "")
    }).pipe(inBroker)
  )

  it.live("have one reader of stdin at a time, and the next one goes on where that one stopped", () =>
    Effect.gen(function* () {
      const child = yield* spawnHost(spawner, "two")
      yield* child.write("one")
      const lines: Array<string> = []
      yield* Stream.runForEach(child.stderrLines, (line) => {
        lines.push(line)
        return line === '"first"' ? child.write("two") : line === '"next"' ? child.write("three") : Effect.void
      })
      const { refused, ...texts } = JSON.parse(lines.at(-1)!) as { readonly refused: Record<string, string> }
      assert.deepStrictEqual(texts as unknown, { first: "one", second: "two", third: "three" })
      assert.deepInclude(refused, { _tag: "InvalidArgument", argument: "stdin" })
    }).pipe(inBroker)
  )

  it.live("are there without Effect, as lines and as text", () =>
    Effect.gen(function* () {
      const child = yield* spawnHost(spawner, "promises")
      yield* Stream.run(Stream.make("one\ntwo\nstop here\nthree\nfo", "ur"), child.stdin)
      assert.strictEqual(yield* stdoutText(child), "one\ntwo\nrest: three\nfour")
      assert.strictEqual(yield* stderrText(child), 'written to stderr\n"done"\n')
    }).pipe(inBroker)
  )

  it.live("that break are an error of who writes, and not the end of the host", () =>
    Effect.gen(function* () {
      const child = yield* spawnShell(`${commandOf(spawner, "broken")} | true`)
      yield* child.write("x")
      const epipe = { _tag: "Io", operation: "write", stream: "stdout", errno: "EPIPE" }
      assert.deepStrictEqual(JSON.parse(yield* stderrText(child)), [epipe, epipe])
    }).pipe(inBroker)
  )
})
