import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { node, testPolicy } from "../../src/index.ts"

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../../examples/effect-process/${name}`, import.meta.url))

const outputOf = (name: string) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const token = yield* broker.mint({ ...testPolicy, env: { inherit: ["PATH"] } })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const { exit, stdout, stderr } = yield* client.run(node, [example(name)])
    assert.deepStrictEqual([exit, stderr], [{ _tag: "Exited", code: 0 }, ""])
    return stdout
  })

it.live("a program of effect/process prints the same on @effect/platform-node and on a broker", () =>
  Effect.gen(function* () {
    const both = Effect.all([outputOf("with-node.ts"), outputOf("with-spawnbroker.ts")], { concurrency: 2 })
    const [withNode, withSpawnbroker] = yield* both
    assert.strictEqual(withSpawnbroker, withNode)
    assert.deepStrictEqual(withNode.trim().split("\n").slice(-5), [
      "3 passed",
      "1 broke (exitCode)",
      "1 failed with code 2",
      "1 is not installed",
      "1 took too long"
    ])
  }).pipe(Effect.scoped)
)

it("the program is of effect alone", () => {
  const source = readFileSync(example("program.ts"), "utf8")
  assert.isAbove(source.split("\n").filter((line) => line.trim() !== "").length, 50)
  for (const [, from] of source.matchAll(/from "([^"]+)"/g)) assert.match(from!, /^effect\//)
})
