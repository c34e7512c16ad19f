import { assert, describe, it } from "@effect/vitest"
import { closeSync, openSync, readFileSync, readSync } from "node:fs"
import { once } from "node:events"
import { loadPosixSpawn, type PosixSpawn } from "../../src/child/posix-spawn.ts"
import { fillPipe } from "./fill-pipe.ts"

const posix = await loadPosixSpawn()
if (posix === undefined) console.log("skipped: the C library cannot be called on this machine")

const shell = (script: string) => ({ file: "/bin/sh", argv0: "sh", args: ["-c", script], cwd: "/", env: { A: "b" } })

/** What a line of shell prints, and how it ends. */
const run = async (
  { spawn, reap, pipe }: PosixSpawn,
  script: string,
  stdioOf = (write: number) => ["ignore", write, 2]
) => {
  const { read, write } = pipe()
  const signal = once(process, "SIGCHLD")
  const pid = spawn(shell(script), stdioOf(write) as ReadonlyArray<number | "ignore">)
  closeSync(write)
  const bytes = Buffer.alloc(1000)
  let length = 0
  for (let read1 = -1; read1 !== 0; length += read1) read1 = readSync(read, bytes, length, 100, null)
  closeSync(read)
  await signal
  const reaped = reap()
  assert.strictEqual(reaped?.pid, pid)
  assert.isUndefined(reap())
  return { pid, end: reaped!.end, text: bytes.subarray(0, length).toString() }
}

describe.skipIf(posix === undefined)("posix_spawn", () => {
  const start = posix!

  it("runs a file in a directory, with arguments and an environment of its own", async () => {
    const { end, text } = await run(start, "pwd; echo $A $# $0; echo ${PATH-none} >/dev/null; exit 3")
    assert.deepStrictEqual(end, { code: 3, signal: null })
    assert.strictEqual(text, "/\nb 0 sh\n")
  })

  it("a child leads a session of its own", async () => {
    const { pid, text } = await run(start, "cat /proc/$$/stat")
    assert.deepStrictEqual(text.split(") ")[1]!.split(" ").slice(2, 4), [String(pid), String(pid)])
  })

  it("tells a signal by its usual name, and a real-time one as a shell does", async () => {
    assert.deepStrictEqual((await run(start, "kill -ABRT $$")).end, { code: null, signal: "SIGABRT" })
    assert.deepStrictEqual((await run(start, "kill -IO $$")).end, { code: null, signal: "SIGIO" })
    assert.deepStrictEqual((await run(start, "kill -40 $$")).end, { code: 168, signal: null })
  })

  it("a descriptor that stands where another is to be gets out of its way", async () => {
    // Each of the two is asked for under the number of the other.
    const low = openSync("/etc/hostname", "r")
    const other = openSync("/etc/os-release", "r")
    try {
      const slots = (write: number) => {
        const stdio: Array<number | "ignore"> = ["ignore", write, 2]
        while (stdio.length <= Math.max(low, other)) stdio.push("ignore")
        stdio[low] = other
        stdio[other] = low
        return stdio
      }
      const { text } = await run(
        start,
        `cat /proc/self/fd/${low} | head -1; cat /proc/self/fd/${other}`,
        slots as never
      )
      const osRelease = readFileSync("/etc/os-release", "utf8").split("\n")[0]!
      assert.strictEqual(text, `${osRelease}\n${readFileSync("/etc/hostname", "utf8")}`)
    } finally {
      closeSync(low)
      closeSync(other)
    }
  })

  it("says why nothing was started, and leaves nothing to reap", () => {
    const without = { ...shell(""), cwd: "/" }
    assert.strictEqual(start.spawn({ ...without, file: "/nowhere/program" }, []), "ENOENT")
    assert.strictEqual(start.spawn({ ...without, file: "/etc/passwd" }, []), "EACCES")
    assert.strictEqual(start.spawn({ ...without, cwd: "/nowhere" }, []), "ENOENT")
    assert.strictEqual(start.spawn({ ...without, args: ["x".repeat(200_000)] }, []), "E2BIG")
    assert.isUndefined(start.reap())
  })

  it("a pipe that is widened holds twice as much", () => {
    const { read, write } = start.pipe()
    const held = fillPipe(`/proc/self/fd/${write}`)
    start.widen(read)
    assert.strictEqual(fillPipe(`/proc/self/fd/${write}`), held)
    closeSync(read)
    closeSync(write)
  })
})
