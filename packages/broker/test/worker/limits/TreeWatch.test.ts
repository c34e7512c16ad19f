import { assert, describe, it } from "@effect/vitest"
import { DirectSpawner } from "../../../src/worker/spawn/DirectSpawner.ts"
import { TreeWatch } from "../../../src/worker/limits/TreeWatch.ts"

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length

const sleeper = (spawner: DirectSpawner) =>
  spawner.spawn({
    file: "/bin/sh",
    argv0: "sh",
    args: ["-c", "sleep 1000 & wait"],
    cwd: "/",
    env: {},
    stdio: ["ignore", "ignore", "ignore"]
  })

describe("whoever looks after trees", () => {
  it("has one timer while there are any, and none before and after", async () => {
    const spawner = new DirectSpawner("tree-watch-test")
    const before = timers()
    const watch = new TreeWatch()
    assert.strictEqual(timers(), before)
    const children = await Promise.all([sleeper(spawner), sleeper(spawner), sleeper(spawner)])
    const exceeded = new Set<number>()
    const allSeen = new Promise<void>((seen) => {
      for (const { pid } of children) {
        watch.watch(pid, { processes: 1 }, () => {
          exceeded.add(pid)
          if (exceeded.size === children.length) seen()
        })
      }
    })
    assert.strictEqual(timers(), before + 1)
    await allSeen
    await Promise.all(children.map(({ signal }) => signal("SIGKILL")))
    while (timers() > before) await new Promise(setImmediate)
    await spawner.close()
  })
})
