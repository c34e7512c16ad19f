import { assert, describe, it } from "@effect/vitest"
import { findCycle, stopOrder } from "../../../src/worker/daemons/dependencies.ts"

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
    assert.deepStrictEqual(stopOrder(all)[0], { name: "d0", after: [], turns: 256 })
    assert.deepInclude(stopOrder(all).at(-1), { name: "d255", after: names.slice(0, 255).toReversed(), turns: 1 })
  })

  it("are stopped after those that depend on them, and independent ones at a time", () => {
    const order = stopOrder(graph({ db: [], cache: ["db"], web: ["cache", "db"], worker: ["db"], other: [] }))
    assert.deepStrictEqual(order, [
      { name: "web", after: [], turns: 3 },
      { name: "worker", after: [], turns: 2 },
      { name: "other", after: [], turns: 1 },
      { name: "cache", after: ["web"], turns: 2 },
      { name: "db", after: ["cache", "web", "worker"], turns: 1 }
    ])
  })

  it("in a cycle are all stopped, at once", () => {
    assert.deepStrictEqual(stopOrder(graph({ one: ["two"], two: ["one"] })), [
      { name: "one", after: [], turns: 1 },
      { name: "two", after: [], turns: 1 }
    ])
  })

  it("on what is not there hold up nobody", () => {
    assert.deepStrictEqual(stopOrder(graph({ web: ["gone"] })), [{ name: "web", after: [], turns: 1 }])
  })
})
