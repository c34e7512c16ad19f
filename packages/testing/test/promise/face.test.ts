/** The face without Effect, against a real broker. Nothing here is an Effect but the host. */
import { Broker } from "@spawnbroker/broker"
import {
  connect,
  InvalidArgument,
  NotFound,
  type PromiseClient,
  type PromiseProcess,
  RunFailed,
  type SpawnOptions
} from "@spawnbroker/client/promise"
import { assert, describe, it } from "@effect/vitest"
import { bearing, fixture, node, testPolicy } from "@spawnbroker/testing"
import { ManagedRuntime } from "effect"
import { randomUUID } from "node:crypto"
import { getEventListeners } from "node:events"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll } from "vitest"
import { MARK } from "../../src/leaks.ts"

const host = ManagedRuntime.make(Broker.layer())
const unhandled: Array<unknown> = []
const warnings: Array<Error> = []
process.on("unhandledRejection", (reason) => unhandled.push(reason))
process.on("warning", (warning) => warnings.push(warning))

let broker: Broker["Service"]
beforeAll(async () => {
  broker = await host.runPromise(Broker)
})
afterAll(async () => {
  await host.dispose()
  assert.deepStrictEqual(unhandled, [])
  assert.deepStrictEqual(warnings, [])
})

interface TestClient extends PromiseClient {
  readonly living: () => ReadonlyArray<{ readonly pid: number }>
  /** Starts a line of shell. */
  readonly script: (script: string, options?: SpawnOptions) => Promise<PromiseProcess>
}

const open = async (): Promise<TestClient> => {
  const mark = randomUUID()
  const token = await host.runPromise(broker.mint({ ...testPolicy, env: { values: { [MARK]: mark } } }))
  const client = await connect(await host.runPromise(broker.openPort()), token)
  const script: TestClient["script"] = (line, options) => client.spawn("sh", { ...options, args: ["-c", line] })
  return { ...client, script, living: () => bearing(mark) }
}

const collect = async <A>(values: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const value of values) all.push(value)
  return all
}

/** What a promise rejects with. */
const rejection = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => assert.fail(`it resolved to ${String(value)}`),
    (error: unknown) => error
  )

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Reads until a line, and gives the reader back. */
const waitForLine = async (from: PromiseProcess, line: string): Promise<void> => {
  for await (const candidate of from.stdout) if (candidate === line) return
}

describe("a client", () => {
  it("spawns with arguments, directory and environment, and its methods need no object", async () => {
    await using client = await open()
    const { spawn } = client
    const pwd = await spawn("pwd", { cwd: "/usr" })
    assert.strictEqual(await pwd.stdout.text(), "/usr\n")
    assert.strictEqual(pwd.info.command, "pwd")
    assert.deepStrictEqual(await pwd.wait(), { _tag: "Exited", code: 0 })
  })

  it("takes durations as milliseconds and as words", async () => {
    await using client = await open()
    for (const timeout of [30, "30 millis"] as const) {
      const { timedOut, exit } = await client.run("sleep", { args: ["1000"], timeout })
      assert.deepStrictEqual({ timedOut, exit }, { timedOut: true, exit: { _tag: "Signaled", signal: "SIGTERM" } })
    }
  })

  it("lists, gets and kills", async () => {
    await using client = await open()
    const { id, pid, wait } = await client.spawn("sleep", { args: ["1000"] })
    assert.strictEqual((await client.get(id)).pid, pid)
    assert.deepStrictEqual((await client.list()).filter((info) => info.id === id).length, 1)
    const { processes } = await client.usage()
    assert.isTrue(processes.every((usage) => usage.id === id))
    await client.kill({ pid }, "SIGINT")
    assert.deepStrictEqual(await wait(), { _tag: "Signaled", signal: "SIGINT" })
    assert.strictEqual((await rejection(client.kill({ id })))._tag, "AlreadyExited")
    assert.strictEqual((await rejection(client.get("p-000000000000000000000000"))).code, 4004)
  })

  it("rejects with the errors themselves", async () => {
    await using client = await open()
    const missing = await rejection(client.spawn("/no/such/command"))
    assert.oneOf(missing.code, [4001, 4002])
    const noDirectory = await rejection(client.spawn("true", { cwd: "/no/such/directory" }))
    assert.instanceOf(noDirectory, NotFound)
    assert.strictEqual(noDirectory.code, 4002)
    assert.strictEqual((await rejection(client.spawn("rm"))).code, 4001)
    const wrong: ReadonlyArray<readonly [object, string]> = [
      [{ args: [1] }, "args[0]"],
      [{ args: ["\0"] }, "args[0]"],
      [{ timeout: "soon" }, "timeout"],
      [{ colour: "red" }, "colour"],
      [{ signal: "SIGTERM" }, "signal"]
    ]
    for (const [options, argument] of wrong) {
      const error = await rejection(client.spawn("true", options))
      assert.instanceOf(error, InvalidArgument)
      assert.strictEqual(error.argument, argument)
    }
    assert.deepStrictEqual(await client.list(), [])
  })

  it("with a token of nobody's is refused", async () => {
    const port = await host.runPromise(broker.openPort())
    assert.deepInclude(await rejection(connect(port, "sb_nobody")), { _tag: "InvalidToken", code: 4006 })
  })

  it("ends its processes when it is closed, whatever they are doing, all at once", async () => {
    const client = await open()
    const deaf = { forceKillAfter: "300 millis" } as const
    const processes = await Promise.all(
      Array.from({ length: 8 }, () => client.script("trap '' TERM; echo ready; while :; do sleep 1; done", deaf))
    )
    await Promise.all(processes.map((each) => waitForLine(each, "ready")))
    const starting = rejection(client.spawn("sleep", { args: ["1000"] }))
    const running = rejection(client.run("sleep", { args: ["1000"] }))
    const waiting = processes[0]!.wait()
    const releasing = processes[1]!.release()
    const before = Date.now()
    await Promise.all([client.close(), client.close()])
    assert.isBelow(Date.now() - before, 8 * 300)
    assert.deepStrictEqual(client.living(), [])
    await releasing
    assert.deepStrictEqual(await waiting, { _tag: "Signaled", signal: "SIGKILL" })
    assert.strictEqual((await starting)._tag, "BrokerUnavailable")
    assert.strictEqual((await running)._tag, "BrokerUnavailable")
    assert.strictEqual((await rejection(client.list()))._tag, "BrokerUnavailable")
    assert.strictEqual((await rejection(client.spawn("true")))._tag, "BrokerUnavailable")
    assert.strictEqual((await rejection(processes[0]!.stdout.text())).code, 4009)
  })

  it("whose token is revoked hears of it everywhere", async () => {
    const token = await host.runPromise(broker.mint(testPolicy))
    await using client = await connect(await host.runPromise(broker.openPort()), token)
    const cut = await client.spawn("cat")
    const cutOff = [cut.stdout.text(), collect(cut.stderr), collect(cut.lifecycle), cut.wait(), writeForever(cut)]
    const heard = Promise.all(cutOff.map(rejection))
    await host.runPromise(broker.revoke(token, { kill: true }))
    for (const error of await heard) assert.deepInclude(error, { _tag: "InvalidToken", code: 4006 })
    await cut.release()
  })

  it("that is closed lets its Node end", async () => {
    const code = `
      import { Broker } from "@spawnbroker/broker"
      import { connect } from "@spawnbroker/client/promise"
      import { Effect, ManagedRuntime } from "effect"
      const host = ManagedRuntime.make(Broker.layer())
      const broker = await host.runPromise(Broker)
      const token = await host.runPromise(broker.mint({ subject: "me", commands: [{ command: "cat" }] }))
      const client = await connect(await host.runPromise(broker.openPort()), token)
      const cat = await client.spawn("cat", { signal: new AbortController().signal })
      cat.stdout.text().catch((error) => console.log(error.code))
      await client.close()
      await host.dispose()
    `
    await using client = await open()
    const cwd = fileURLToPath(new URL("..", import.meta.url))
    const result = await client.run(node, { args: ["-e", code], cwd, timeout: "30 seconds" })
    assert.deepStrictEqual([result.exit, result.all], [{ _tag: "Exited", code: 0 }, "4009\n"])
  })

  it("that is never awaited again rejects nothing behind one's back", async () => {
    const token = await host.runPromise(broker.mint(testPolicy))
    const client = await connect(await host.runPromise(broker.openPort()), token)
    const controller = new AbortController()
    const forgotten = await client.spawn("cat", { signal: controller.signal })
    forgotten.stdout.stream()
    void forgotten.stdin.writable
    await host.runPromise(broker.revoke(token, { kill: true }))
    await until(() => getEventListeners(controller.signal, "abort").length === 0)
    controller.abort()
    await client.close()
    await turns(20)
    assert.deepStrictEqual(unhandled, [])
  })
})

describe("run", () => {
  it("gives the output and the status, and feeds any kind of input", async () => {
    await using client = await open()
    async function* pieces() {
      yield "one "
      yield new TextEncoder().encode("two")
    }
    for (const stdin of ["one two", new TextEncoder().encode("one two"), pieces(), ReadableStream.from(pieces())]) {
      const result = await client.run("sh", { args: ["-c", "cat; echo err >&2; exit 3"], stdin })
      assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 3 })
      assert.deepStrictEqual([result.stdout, result.stderr, result.truncated], ["one two", "err\n", false])
    }
  })

  it("rejects with what its input throws, and leaves nothing running", async () => {
    await using client = await open()
    async function* broken() {
      yield "one"
      throw new RangeError("no more")
    }
    assert.instanceOf(await rejection(client.run("cat", { stdin: broken() })), RangeError)
    assert.deepStrictEqual(client.living(), [])
  })

  it("says how much it kept", async () => {
    await using client = await open()
    const { stdout, truncated } = await client.run("seq", { args: ["1000"], maxOutputBytes: 4 })
    assert.deepStrictEqual([stdout, truncated], ["1\n2\n", true])
  })

  it("aborted leaves nothing running, and rejects with the reason", async () => {
    await using client = await open()
    const controller = new AbortController()
    const running = rejection(client.run("sh", { args: ["-c", "sleep 1000 & sleep 1000"], signal: controller.signal }))
    await until(() => client.living().length === 3)
    const reason = new Error("enough")
    controller.abort(reason)
    assert.strictEqual(await running, reason)
    assert.deepStrictEqual(client.living(), [])
    assert.strictEqual(getEventListeners(controller.signal, "abort").length, 0)
  })
})

describe("output", () => {
  it("comes as lines, without their ends", async () => {
    await using client = await open()
    const printing = await client.script(String.raw`printf 'one\r\n\ntwo\377\nwithout end'; printf 'err\n' >&2`)
    assert.deepStrictEqual(await collect(printing.stdout), ["one", "", "two\ufffd", "without end"])
    assert.deepStrictEqual(await collect(printing.stdout), [])
    assert.deepStrictEqual(await collect(printing.stderr), ["err"])
  })

  it("goes on after a break at the very next byte, however it is read", async () => {
    await using client = await open()
    const printing = await client.script("seq 10; printf ab; read go; printf 'cd\nef'", { unread: "block" })
    for (const expected of ["1", "2"]) {
      for await (const line of printing.stdout) {
        assert.strictEqual(line, expected)
        break
      }
    }
    await waitForLine(printing, "9")
    for await (const chunk of printing.stdout.bytes()) {
      assert.isTrue(text(chunk).startsWith("10\n"))
      break
    }
    await printing.stdin.write("\n")
    assert.isTrue((await printing.stdout.text()).endsWith("cd\nef"))
  })

  it("loses no line, wherever one stops and goes on", async () => {
    await using client = await open()
    const counting = await client.spawn("seq", { args: ["20000"] })
    const lines: Array<string> = []
    for (let batch = 1; lines.length < 20_000; batch = (batch * 7) % 1009) {
      let left = batch
      for await (const line of counting.stdout) {
        lines.push(line)
        if (--left === 0) break
      }
    }
    assert.deepStrictEqual(
      lines,
      Array.from({ length: 20_000 }, (_, index) => String(index + 1))
    )
  })

  it("has one reader at a time", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    const first = echoing.stdout[Symbol.asyncIterator]()
    const line = first.next()
    for (const second of [echoing.stdout.text(), echoing.all.text(), collect(echoing.stdout.bytes())]) {
      const error = await rejection(second)
      assert.instanceOf(error, InvalidArgument)
      assert.include(error.message, "being read already")
    }
    await rejection(echoing.stdout.stream().getReader().read())
    await echoing.stdin.write("still here\n")
    assert.deepStrictEqual(await line, { done: false, value: "still here" })
    await first.return()
    await echoing.stdin.end()
    assert.strictEqual(await echoing.stdout.text(), "")
  })

  it("of which one half is being read cannot be read as a whole, and the other half stays free", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    const errors = echoing.stderr.text()
    assert.strictEqual((await rejection(echoing.all.text())).argument, "stderr")
    await echoing.stdin.write("free")
    await echoing.stdin.end()
    assert.deepStrictEqual([await echoing.stdout.text(), await errors], ["free", ""])
  })

  it("lets timers in while a loop goes over many lines", async () => {
    await using client = await open()
    const counting = await client.spawn("seq", { args: ["300000"] })
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    let lines = 0
    for await (const _ of counting.stdout) lines++
    clearInterval(timer)
    assert.strictEqual(lines, 300_000)
    assert.isAbove(ticks, 2)
  })

  it("splits lines over chunks as it does within one", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    const lines = echoing.stdout[Symbol.asyncIterator]()
    const first = lines.next()
    for (const piece of ["o", "", "n", "e\r", "\n", "tw"]) {
      await echoing.stdin.write(piece)
      await client.get(echoing.id)
    }
    assert.strictEqual((await first).value, "one")
    await echoing.stdin.write(new Uint8Array([0x6f, 0xc3]))
    await client.get(echoing.id)
    await echoing.stdin.write(new Uint8Array([0xa9, 0x0a, 0x0a]))
    await echoing.stdin.end()
    assert.deepStrictEqual(await collect(lines), ["twoé", ""])
  })

  it("is a web stream, which gives the reader back when it is cancelled", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    const reader = echoing.stdout.stream().getReader()
    await echoing.stdin.write("first")
    assert.strictEqual(text((await reader.read()).value!), "first")
    const waiting = reader.read()
    await turns(3)
    await reader.cancel()
    assert.isTrue((await waiting).done)
    await echoing.stdin.write("second")
    await echoing.stdin.end()
    assert.strictEqual(await new Response(echoing.stdout.stream()).text(), "second")
  })

  it("of both streams comes in the order of arrival", async () => {
    await using client = await open()
    const talking = await client.script("echo one; read go; echo two >&2; read go; echo three")
    const lines: Array<string> = []
    for await (const line of talking.all) {
      lines.push(line)
      // After the last line it reads no more, and may have gone.
      if (line !== "three") await talking.stdin.write("\n")
    }
    assert.deepStrictEqual(lines, ["one", "two", "three"])
  })

  it("holds the child back while its reader is slow", async () => {
    await using client = await open()
    const windowBytes = 65_536
    const endless = await client.spawn("yes", { windowBytes })
    const reader = endless.stdout.bytes()
    await reader.next()
    let before = -1
    const written = async (): Promise<number> => (await endless.status()).bytes.stdout
    await until(async () => {
      const same = before === (await written())
      before = await written()
      if (!same) await new Promise((resolve) => setTimeout(resolve, 50))
      return same
    })
    assert.isBelow(before, 8 * windowBytes)
    for (let read = 0; read < 16 * windowBytes;) read += (await reader.next()).value!.byteLength
    assert.isAbove(await written(), before)
  })

  it("is always the reader's to keep, so to borrow it is refused", async () => {
    await using client = await open()
    const borrowed = { chunks: "borrowed" } as object
    const cat = await client.spawn("cat")
    for (const refused of [
      client.spawn("true", borrowed),
      client.attach(cat.id, borrowed),
      client.pipeline([{ command: "true" }, { command: "cat" }], borrowed),
      client.pipeline([{ command: "true" }, { command: "cat", options: borrowed }])
    ]) {
      assert.deepInclude(await rejection(refused), { _tag: "InvalidArgument", argument: "chunks" })
    }
  })

  it("that is not piped, or not UTF-8 where it must be, rejects", async () => {
    await using client = await open()
    const silent = await client.spawn("true", { stdin: "ignore", stdout: "ignore" } as SpawnOptions)
    assert.strictEqual((await rejection(silent.stdout.text())).argument, "stdout")
    assert.strictEqual((await rejection(collect(silent.stdout)))._tag, "InvalidArgument")
    assert.strictEqual((await rejection(silent.stdin.write("x"))).argument, "stdin")
    const broken = await client.script(String.raw`printf '\377\n'`, { invalidUtf8: "fail" })
    assert.deepInclude(await rejection(collect(broken.stdout)), { _tag: "Io", errno: "EILSEQ" })
  })
})

describe("run", () => {
  it("gives each line as it comes, and waits for the promise of one before the next", async () => {
    await using client = await open()
    const seen: Array<string> = []
    let under = 0
    const result = await client.run("sh", {
      args: ["-c", "echo one; echo two; echo three >&2"],
      onLine: async (line) => {
        assert.strictEqual(++under, 1)
        await new Promise((resolve) => setImmediate(resolve))
        under--
        seen.push(`${line.from} ${line.text}`)
      }
    })
    assert.sameMembers(seen, ["stdout one", "stdout two", "stderr three"])
    assert.isFalse(result.failed)
  })

  it("rejects with what a callback throws or rejects with, once the process is gone", async () => {
    await using client = await open()
    const mine = new Error("mine")
    const thrower = () => {
      throw mine
    }
    assert.strictEqual(await rejection(client.run("yes", { onLine: thrower })), mine)
    assert.strictEqual(await rejection(client.run("yes", { onLine: () => Promise.reject(mine) })), mine)
    assert.deepStrictEqual(client.living(), [])
  })

  it("that is cancelled by `cancelSignal` has a result, and listens to it no more", async () => {
    await using client = await open()
    const controller = new AbortController()
    const result = await client.run("sh", {
      args: ["-c", "echo begun; exec sleep 1000"],
      cancelSignal: controller.signal,
      onLine: () => controller.abort()
    })
    assert.deepInclude(result, { cancelled: true, failed: true, stdout: "begun\n" })
    assert.deepStrictEqual(result.exit, { _tag: "Signaled", signal: "SIGTERM" })
    const other = new AbortController()
    assert.isFalse((await client.run("true", { cancelSignal: other.signal })).cancelled)
    assert.strictEqual(getEventListeners(other.signal, "abort").length, 0)
    assert.isTrue((await client.run("sleep", { args: ["1000"], cancelSignal: AbortSignal.abort() })).cancelled)
    const wrong = rejection(client.run("true", { cancelSignal: "SIGTERM" as never }))
    assert.deepInclude(await wrong, { _tag: "InvalidArgument", argument: "cancelSignal" })
  })

  it("that is to be a success, and is not, rejects with its report", async () => {
    await using client = await open()
    const failed = await rejection(client.run("sh", { args: ["-c", "echo why >&2; exit 3"], check: true }))
    assert.instanceOf(failed, RunFailed)
    assert.include(failed.message, "exit code 3 after")
    assert.include(failed.message, "\n  why")
    assert.isFalse((await client.run("true", { check: true })).failed)
  })
})

describe("stdin", () => {
  it("takes text and bytes in order, and says how many", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    const counts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => echoing.stdin.write(index === 1 ? new Uint8Array([0xc3, 0xa9]) : "é\n"))
    )
    assert.deepStrictEqual(counts.slice(0, 3), [3, 2, 3])
    await echoing.stdin.end()
    await echoing.stdin.end()
    assert.strictEqual(await echoing.stdout.text(), `é\né${"é\n".repeat(48)}`)
    assert.instanceOf(await rejection(echoing.stdin.write("late")), Error)
  })

  it("is a web stream", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    const lines = collect(echoing.stdout)
    await ReadableStream.from(["one\n", "two\n"]).pipeTo(echoing.stdin.writable)
    assert.deepStrictEqual(await lines, ["one", "two"])
    assert.strictEqual(echoing.stdin.writable, echoing.stdin.writable)
  })

  it("refuses what is neither text nor bytes", async () => {
    await using client = await open()
    const echoing = await client.spawn("cat")
    assert.strictEqual((await rejection(echoing.stdin.write(12 as never))).argument, "data")
  })

  it("rejects once nobody reads it", async () => {
    await using client = await open()
    const gone = await client.script("exec <&-; echo closed; sleep 1000")
    await waitForLine(gone, "closed")
    assert.deepInclude(await rejection(writeForever(gone)), { _tag: "Io", errno: "EPIPE" })
  })
})

const writeForever = async ({ stdin }: PromiseProcess): Promise<never> => {
  for (;;) await stdin.write("x".repeat(4096))
}

describe("a process", () => {
  it("tells its status and its life", async () => {
    await using client = await open()
    const waiting = await client.spawn("cat")
    assert.strictEqual((await waiting.status()).running, true)
    await waiting.kill({ signal: "SIGHUP", forceKillAfter: 5000 })
    const exit = await waiting.wait()
    assert.deepStrictEqual(exit, { _tag: "Signaled", signal: "SIGHUP" })
    assert.deepInclude(await waiting.status(), { running: false, exit })
    for (const _ of [1, 2]) {
      const tags = (await collect(waiting.lifecycle)).map((fact) => fact._tag)
      assert.deepStrictEqual(tags, ["Starting", "Started", "Killed", "Exited", "Closed"])
    }
    assert.strictEqual((await rejection(waiting.kill())).code, 4005)
  })

  it("that ignores a polite signal is killed after the grace", async () => {
    await using client = await open()
    const deaf = await client.spawn(node, { args: [fixture("ignore-sigterm.js")] })
    for await (const _ of deaf.stdout) break
    await deaf.kill({ forceKillAfter: "50 millis" })
    assert.deepStrictEqual(await deaf.wait(), { _tag: "Signaled", signal: "SIGKILL" })
    assert.strictEqual((await rejection(deaf.kill("SIGNOTHING" as never)))._tag, "InvalidArgument")
  })

  it("is killed with descendants that have left its group, where that is asked for", async () => {
    await using client = await open()
    const parent = await client.script("setsid sh -c 'echo ready; sleep 1000 & wait' & wait")
    await waitForLine(parent, "ready")
    await until(() => client.living().length === 3)
    await client.kill({ id: parent.id }, { signal: "SIGKILL", tree: true })
    await until(() => client.living().length === 0)
  })

  it("is stopped in steps, and what it said can still be read", async () => {
    await using client = await open()
    const cat = await client.spawn("cat", { stop: [{ closeStdin: true, for: "1 hour" }] })
    await cat.stdin.write("last words\n")
    assert.deepStrictEqual(await cat.stop(), { _tag: "Exited", code: 0 })
    assert.deepStrictEqual(await client.stop({ id: cat.id }), { _tag: "Exited", code: 0 })
    assert.strictEqual(await cat.stdout.text(), "last words\n")
    const other = await client.spawn("cat")
    const refused = await rejection(other.stop({ steps: [{ signal: "SIGINT", for: "soon" as never }] }))
    assert.deepInclude(refused, { _tag: "InvalidArgument", argument: "steps[0].for" })
    assert.deepStrictEqual(await client.stop({ pid: other.pid }, { steps: [] }), {
      _tag: "Signaled",
      signal: "SIGKILL"
    })
  })

  it("is gone, with its group, when its block ends", async () => {
    await using client = await open()
    let reading: Promise<Error>
    {
      await using group = await client.script("sleep 1000 & sleep 1000 & echo ready; wait")
      await waitForLine(group, "ready")
      reading = rejection(group.stdout.text())
      assert.strictEqual(client.living().length, 3)
    }
    assert.deepStrictEqual(client.living(), [])
    assert.include((await reading).message, "released")
  })

  it("that is released twice is released once, and what had arrived can still be read", async () => {
    await using client = await open()
    const done = await client.script("echo one; echo two")
    // `Closed` is told after the last byte.
    assert.strictEqual((await collect(done.lifecycle)).at(-1)?._tag, "Closed")
    await Promise.all([done.release(), done.release()])
    await done.release()
    const lines = done.stdout[Symbol.asyncIterator]()
    assert.deepStrictEqual(
      [await lines.next(), await lines.next()].map(({ value }) => value),
      ["one", "two"]
    )
    // Whether there was more, nobody can know.
    assert.include((await rejection(lines.next())).message, "released")
    assert.deepStrictEqual(await done.wait(), { _tag: "Exited", code: 0 })
  })
})

describe("an AbortSignal", () => {
  it("that is aborted already starts nothing", async () => {
    await using client = await open()
    const reason = new Error("too late")
    const signal = AbortSignal.abort(reason)
    assert.strictEqual(await rejection(client.spawn("true", { signal })), reason)
    assert.strictEqual(await rejection(client.run("true", { signal })), reason)
    assert.strictEqual((await rejection(client.spawn("true", { signal: AbortSignal.abort() }))).name, "AbortError")
    assert.deepStrictEqual(await client.list(), [])
  })

  it("that is aborted at any turn of a start leaves nothing running", async () => {
    await using client = await open()
    let rejected = 0
    for (let count = 0; count < 60; count++) {
      const controller = new AbortController()
      const starting = client.spawn("sleep", { args: ["1000"], signal: controller.signal }).then(
        (started) => started.wait(),
        (reason: unknown) => {
          rejected++
          assert.strictEqual(reason, count)
        }
      )
      await turns(count)
      controller.abort(count)
      await starting
      await until(() => client.living().length === 0)
      assert.strictEqual(getEventListeners(controller.signal, "abort").length, 0)
    }
    assert.isAbove(rejected, 0)
  })

  it("that is aborted while it runs ends the group, and readers and writers reject with the reason", async () => {
    await using client = await open()
    const controller = new AbortController()
    const script = "trap '' TERM; sleep 1000 & echo ready; echo rest; while :; do sleep 1; done"
    const deaf = await client.script(script, { signal: controller.signal, forceKillAfter: "100 millis" })
    await waitForLine(deaf, "ready")
    const lines: Array<string> = []
    const reading = rejection(
      (async () => {
        for await (const line of deaf.stdout) lines.push(line)
      })()
    )
    const writing = rejection(writeForever(deaf))
    await until(() => lines.length === 1)
    const reason = new Error("enough")
    controller.abort(reason)
    assert.strictEqual(await reading, reason)
    assert.strictEqual(await writing, reason)
    assert.deepStrictEqual(lines, ["rest"])
    assert.deepStrictEqual(await deaf.wait(), { _tag: "Signaled", signal: "SIGKILL" })
    await deaf.release()
    assert.deepStrictEqual(client.living(), [])
    const killed = (await collect(deaf.lifecycle)).filter((fact) => fact._tag === "Killed")
    assert.deepStrictEqual(
      killed.map(({ signal }) => signal),
      ["SIGTERM", "SIGKILL"]
    )
  })

  it("cuts an output off, which does not look like its end", async () => {
    await using client = await open()
    const controller = new AbortController()
    const endless = await client.spawn("yes", { signal: controller.signal, windowBytes: 4096 })
    for await (const _ of endless.stdout) break
    controller.abort()
    await endless.release()
    assert.strictEqual((await rejection(endless.stdout.text())).name, "AbortError")
  })

  it("is let go of when the process exits, and when it is released", async () => {
    await using client = await open()
    const { signal } = new AbortController()
    const listeners = (): number => getEventListeners(signal, "abort").length
    const short = await client.spawn("cat", { signal })
    assert.strictEqual(listeners(), 1)
    await short.stdin.end()
    await short.wait()
    await until(() => listeners() === 0)
    const long = await client.spawn("sleep", { args: ["1000"], signal })
    assert.strictEqual(listeners(), 1)
    await long.release()
    assert.strictEqual(listeners(), 0)
    await client.run("true", { signal })
    await rejection(client.spawn("/no/such/command", { signal }))
    assert.strictEqual(listeners(), 0)
  })

  it("that is aborted after the exit changes nothing", async () => {
    await using client = await open()
    const controller = new AbortController()
    const printing = await client.script("echo kept", { signal: controller.signal })
    await printing.wait()
    controller.abort()
    assert.strictEqual(await printing.stdout.text(), "kept\n")
  })
})
