import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { combineSandbox, type EffectiveSandbox } from "../../../src/worker/access/combine-sandbox.ts"

/** Short paths over few names, so that many are within one another. */
const Place = Schema.Array(Schema.Literals(["a", "b", "ab"])).check(Schema.isMinLength(1), Schema.isMaxLength(3))
const Places = Schema.Array(Place).check(Schema.isMaxLength(4))
const Draft = Schema.Struct({ read: Places, write: Places, network: Schema.Boolean, bestEffort: Schema.Boolean })

const pathOf = (steps: ReadonlyArray<string>): string => `/${steps.join("/")}`
const sandboxOf = ({ read, write, ...rest }: typeof Draft.Type): EffectiveSandbox => ({
  ...rest,
  read: read.map(pathOf),
  write: write.map(pathOf)
})

const isIn = (roots: ReadonlyArray<string>, path: string): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`))
const mayWrite = ({ write }: EffectiveSandbox, path: string): boolean => isIn(write, path)
const mayRead = (sandbox: EffectiveSandbox, path: string): boolean =>
  isIn(sandbox.read, path) || mayWrite(sandbox, path)

describe("the sandbox of a chain", () => {
  it.prop(
    "lets through exactly what that of each link does",
    [Draft, Draft, Place],
    ([a, b, steps]) => {
      const [one, other, path] = [sandboxOf(a), sandboxOf(b), pathOf(steps)]
      const both = combineSandbox(one, other)
      assert.strictEqual(mayRead(both, path), mayRead(one, path) && mayRead(other, path), path)
      assert.strictEqual(mayWrite(both, path), mayWrite(one, path) && mayWrite(other, path), path)
      assert.strictEqual(both.network, one.network && other.network)
      assert.strictEqual(both.bestEffort, one.bestEffort && other.bestEffort)
    },
    { arbitrary: { runs: 500 } }
  )

  it("takes no directory for one within another that only begins like it", () => {
    const [one, other] = [["/a"], ["/ab", "/a/b"]].map((read) => ({
      read,
      write: [],
      network: false,
      bestEffort: false
    }))
    assert.deepStrictEqual(combineSandbox(one!, other!).read, ["/a/b"])
  })

  it("keeps what one may write and the other only read to be read", () => {
    const none = { read: [], write: [], network: true, bestEffort: false }
    const both = combineSandbox({ ...none, write: ["/srv"] }, { ...none, read: ["/srv/project"] })
    assert.deepStrictEqual([both.read, both.write], [["/srv/project"], []])
  })
})
