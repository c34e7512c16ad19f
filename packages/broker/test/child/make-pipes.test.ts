import { assert, describe, it } from "@effect/vitest"
import { closeSync, readdirSync, readFileSync, readSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { fifos, makePipes, type PipeEnds, pipesOfShell } from "../../src/child/make-pipes.ts"

const closeAll = (pipes: ReadonlyArray<PipeEnds>): void => {
  for (const { read, write } of pipes) for (const fd of [read, write]) closeSync(fd)
}

const openFds = (): ReadonlyArray<string> => readdirSync("/proc/self/fd")
const children = (): ReadonlyArray<string> =>
  readFileSync(`/proc/self/task/${process.pid}/children`, "latin1").trim().split(/ +/)
const directories = (): ReadonlyArray<string> => readdirSync(tmpdir()).filter((name) => name.includes("broker-pipes"))

const textOf = (fd: number): string => {
  const buffer = Buffer.alloc(100)
  return buffer.toString("utf8", 0, readSync(fd, buffer))
}

for (const [name, make] of Object.entries({ makePipes, pipesOfShell, fifos })) {
  describe(name, () => {
    it("makes pipes that are empty, each another, and end when their writer does", async () => {
      const pipes = (await make())!
      assert.isAbove(pipes.length, 1)
      for (const [index, { write }] of pipes.entries()) writeSync(write, `pipe ${index}`)
      for (const [index, { read, write }] of pipes.entries()) {
        assert.strictEqual(textOf(read), `pipe ${index}`)
        closeSync(write)
        assert.strictEqual(textOf(read), "")
        closeSync(read)
      }
    })

    it("leaves no other reader, so that a writer hears when its reader has gone", async () => {
      const pipes = (await make())!
      const [{ read, write }, ...others] = pipes as [PipeEnds, ...Array<PipeEnds>]
      closeSync(read)
      assert.throws(() => writeSync(write, "x"), /EPIPE/)
      closeSync(write)
      closeAll(others)
    })

    it("leaves nothing but the two ends of each", async () => {
      closeAll((await make())!)
      const before = [openFds().length, children().length, directories().length]
      const pipes = (await make())!
      assert.strictEqual(openFds().length, before[0]! + 2 * pipes.length)
      closeAll(pipes)
      assert.deepStrictEqual([openFds().length, children().length, directories().length], before)
    })
  })
}
