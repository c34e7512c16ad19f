import { assert, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { loadPosixSpawn } from "../../src/child/posix-spawn.ts"
import { factsOf } from "../../src/child/process-facts.ts"
import { MARK, sweep } from "../../src/child/sweep.ts"

const TASKSET = "/usr/bin/taskset"

const posix = await loadPosixSpawn()
const canRun = posix !== undefined && existsSync(TASKSET)
if (!canRun) console.log("skipped: it needs the C library, which cannot be called here, or taskset(1)")

it.skipIf(!canRun)("finds also who has just been started, and has no environment yet", () => {
  const { spawn, reap } = posix!
  const run = (file: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): number =>
    spawn({ file, argv0: file, args, cwd: "/", env }, ["ignore", "ignore", "ignore"]) as number
  const waitForEnd = (): void => {
    while (reap() === undefined) continue
  }
  const runOnlyOn = (cpus: string): void => {
    run(TASKSET, ["-a", "-c", "-p", cpus, String(process.pid)])
    waitForEnd()
  }
  const cpus = /Cpus_allowed_list:\s*(.*)/.exec(readFileSync("/proc/self/status", "utf8"))![1]!
  // On one CPU, beside others, whoever has been started may be in the middle of his exec while we look.
  runOnlyOn(cpus.split(/[,-]/)[0]!)
  try {
    for (let round = 0; round < 100; round++) {
      const mark = randomUUID()
      const pid = run("/bin/sleep", ["1000"], { [MARK]: mark })
      sweep(mark)
      const hasSurvived = factsOf(pid)?.isAlive === true
      if (hasSurvived) process.kill(pid, "SIGKILL")
      assert.isFalse(hasSurvived)
      waitForEnd()
    }
  } finally {
    runOnlyOn(cpus)
  }
})
