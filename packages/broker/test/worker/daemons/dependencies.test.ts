import { assert, describe, it } from "@effect/vitest"
import { findCycle, stopWaves } from "../../../src/worker/daemons/dependencies.ts"

const graph = (edges: Readonly<Record<string, ReadonlyArray<string>>>) => new Map(Object.entries(edges))

describe("dependencies", () => {
  it("without a cycle have none, though many lead to one", () => {
    assert.isUndefined(findCycle(graph({ web: ["db", "cache"], worker: ["db", "cache"], cache: ["db"], db: [] })))
  })

  it("that lead back are a cycle, without what leads into it", () => {
    assert.deepStrictEqual(findCycle(graph({ web: ["api"], api: ["db"], db: ["queue"], queue: ["api"] })), [
      "api",
      "db",
      "queue",
      "api"
    ])
  })

  it("on itself are a cycle of one", () => {
    assert.deepStrictEqual(findCycle(graph({ web: ["web"] })), ["web", "web"])
  })

  it("may be many without taking long", () => {
    const names = Array.from({ length: 256 }, (_, index) => `d${index}`)
    const all = new Map(names.map((name, index) => [name, names.slice(index + 1)]))
    assert.isUndefined(findCycle(all))
    assert.strictEqual(stopWaves(all).length, 256)
  })

  it("are stopped after those that depend on them, and independent ones at a time", () => {
    const waves = stopWaves(graph({ db: [], cache: ["db"], web: ["cache", "db"], worker: ["db"], other: [] }))
    assert.deepStrictEqual(waves, [["web", "worker", "other"], ["cache"], ["db"]])
  })

  it("on what is not there hold up nobody", () => {
    assert.deepStrictEqual(stopWaves(graph({ web: ["gone"] })), [["web"]])
  })
})
