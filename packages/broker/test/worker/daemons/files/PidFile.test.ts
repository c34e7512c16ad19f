import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { signalGroup } from "../../../../src/child/process-group.ts"
import { type ChildEnd, startChild } from "../../../../src/child/start-child.ts"
import { factsOf } from "../../../../src/child/process-facts.ts"
import { INCARNATION, newIncarnation, PidFile } from "../../../../src/worker/daemons/files/PidFile.ts"

const directory = mkdtempSync(join(tmpdir(), "pid-file-"))
const path = join(directory, "web.pid")
const pidFile = new PidFile(path, [[directory]])
const marks = { SPAWNBROKER_DAEMON: "web", SPAWNBROKER_REPLICA: "1" }
const incarnation = newIncarnation()

interface Started {
  readonly pid: number
  readonly exited: Promise<ChildEnd>
}

/** A process that leads a session, with these variables. It has become its program once it says something. */
const start = async (env: Readonly<Record<string, string>>): Promise<Started> => {
  const { promise: exited, resolve, reject } = Promise.withResolvers<ChildEnd>()
  const request = { file: "/bin/sh", argv0: "sh", args: ["-c", "echo; exec sleep 60"], cwd: "/", env }
  const listener = { started: () => {}, failed: reject, exited: resolve }
  const child = startChild(request, ["ignore", "pipe", "ignore"], listener)!
  await once(child.stdout!, "data")
  return { pid: child.pid!, exited }
}

const identityOf = ({ pid }: Started) => ({ pid, startTime: factsOf(pid)!.startTime })

/** The file as it would be for a process, but for what is changed. */
const forged = (child: Started, change: { readonly start?: number; readonly boot?: string } = {}): string => {
  const { pid, startTime } = identityOf(child)
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
  return `${pid}\nstart=${change.start ?? startTime} boot=${change.boot ?? boot} incarnation=${incarnation}\n`
}

describe("a PID file", () => {
  let ours: Started
  let foreign: Started

  beforeAll(async () => {
    ours = await start({ ...marks, [INCARNATION]: incarnation })
    foreign = await start({ HOME: "/" })
  })

  afterAll(() => {
    for (const { pid } of [ours, foreign]) signalGroup(pid, "SIGKILL")
    rmSync(directory, { recursive: true, force: true })
  })

  it("that is not there names nobody", async () => {
    assert.deepStrictEqual(await pidFile.read(marks), { _tag: "Absent" })
  })

  it("names the process for which it was written, on its first line alone, and leaves nothing else behind", async () => {
    await pidFile.write(identityOf(ours), incarnation)
    assert.strictEqual(readFileSync(path, "latin1").split("\n")[0], String(ours.pid))
    assert.deepStrictEqual(await pidFile.read(marks), { _tag: "Alive", identity: identityOf(ours), incarnation })
    assert.deepStrictEqual(readdirSync(directory), ["web.pid"])
  })

  it("of a number that is another process's by now is stale", async () => {
    writeFileSync(path, forged(foreign, { start: identityOf(foreign).startTime - 1 }))
    assert.deepStrictEqual(await pidFile.read(marks), { _tag: "Stale", pid: foreign.pid })
  })

  it("of another boot of the machine is stale", async () => {
    writeFileSync(path, forged(ours, { boot: "00000000-0000-0000-0000-000000000000" }))
    assert.deepStrictEqual(await pidFile.read(marks), { _tag: "Stale", pid: ours.pid })
  })

  it("of a process that has ended is stale", async () => {
    const gone = await start({ ...marks, [INCARNATION]: incarnation })
    writeFileSync(path, forged(gone))
    signalGroup(gone.pid, "SIGKILL")
    await gone.exited
    assert.deepStrictEqual(await pidFile.read(marks), { _tag: "Stale", pid: gone.pid })
  })

  it("that names a process which is no daemon, start time and all, does not make it one", async () => {
    writeFileSync(path, forged(foreign))
    assert.deepStrictEqual(await pidFile.read(marks), { _tag: "Unknown", pid: foreign.pid })
  })

  it("that names a daemon of another name does not make it this one", async () => {
    writeFileSync(path, forged(ours))
    assert.strictEqual((await pidFile.read(marks))._tag, "Alive")
    assert.strictEqual((await pidFile.read({ ...marks, SPAWNBROKER_DAEMON: "db" }))._tag, "Unknown")
  })

  it("of another kind, or garbage, names nobody that is ours", async () => {
    writeFileSync(path, `${ours.pid}\n`)
    assert.strictEqual((await pidFile.read(marks))._tag, "Unknown")
    for (const garbage of ["", "-1\n", "0\n", "1e3\n", "x".repeat(100_000)]) {
      writeFileSync(path, garbage)
      assert.deepStrictEqual(
        await pidFile.read(marks),
        { _tag: "Stale", pid: undefined },
        JSON.stringify(garbage.slice(0, 9))
      )
    }
  })

  it("is taken away only if it is that of the incarnation", async () => {
    await pidFile.write(identityOf(ours), incarnation)
    await pidFile.remove(newIncarnation())
    assert.deepStrictEqual(readdirSync(directory), ["web.pid"])
    await pidFile.remove(incarnation)
    assert.deepStrictEqual(readdirSync(directory), [])
  })

  it("that is a link is neither read nor written through", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"))
    writeFileSync(join(elsewhere, "victim"), "as it was")
    symlinkSync(join(elsewhere, "victim"), path)
    await pidFile.read(marks).then(
      () => assert.fail("it was read"),
      (cause: NodeJS.ErrnoException) => assert.strictEqual(cause.code, "ELOOP")
    )
    await pidFile.write(identityOf(ours), incarnation)
    assert.strictEqual(readFileSync(join(elsewhere, "victim"), "utf8"), "as it was")
    rmSync(path)
    mkdirSync(join(directory, "real"))
    symlinkSync(elsewhere, join(directory, "link"))
    await new PidFile(join(directory, "link", "x.pid"), [[directory]]).write(identityOf(ours), incarnation).then(
      () => assert.fail("it was written"),
      (cause: Error) => assert.include(cause.message, "is not where it was allowed")
    )
    assert.deepStrictEqual(readdirSync(elsewhere), ["victim"])
    rmSync(elsewhere, { recursive: true })
  })
})
