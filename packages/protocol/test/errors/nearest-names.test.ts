import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { nearestNames } from "../../src/errors/nearest-names.ts"

/** The distance as its definition says it, slow and plain. */
const distance = (a: string, b: string): number => {
  if (a === "" || b === "") return a.length + b.length
  const changed = distance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1)
  const swapped =
    a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0] ? 1 + distance(a.slice(2), b.slice(2)) : Infinity
  return Math.min(changed, distance(a.slice(1), b) + 1, distance(a, b.slice(1)) + 1, swapped)
}

const Name = Schema.Array(Schema.Literals(["a", "b", "c", "é"])).check(Schema.isMaxLength(6))

describe("the nearest name", () => {
  it.each([
    ["gti", "git", "two letters have changed places"],
    ["pyhton", "python", "two letters have changed places"],
    ["dokcre", "docker", "twice"],
    ["nod", "node", "a letter is missing"],
    ["gitt", "git", "a letter is too many"],
    ["gut", "git", "a letter is wrong"]
  ])("of %s is %s: %s", (typed, meant) => {
    assert.deepStrictEqual(nearestNames(typed, ["cat", meant, "zzzzzz"]), [meant])
  })

  it.each([
    ["ls", "cp"],
    ["x", "y"],
    ["", "a"],
    ["cat", "sed"],
    ["node", "go"],
    ["docker", "doctor-who"],
    ["git", "git"]
  ])("of %s is not %s", (typed, other) => {
    assert.deepStrictEqual(nearestNames(typed, [other]), [])
  })

  it.prop(
    "is whatever is at most two slips away, and less than half, the nearest first",
    [Name, Schema.Array(Name)],
    ([typed, others]) => {
      const word = typed.join("")
      const names = [...new Set(others.map((other) => other.join("")))]
      const near = names
        .map((name) => ({ name, slips: distance(word, name) }))
        .filter(({ slips }) => slips > 0 && slips <= 2 && slips < word.length / 2)
        .toSorted((a, b) => a.slips - b.slips)
      assert.deepStrictEqual(
        nearestNames(word, names),
        near.map(({ name }) => name)
      )
    }
  )

  it("of a name that is too long to be typed is none", () => {
    const long = "a".repeat(4096)
    assert.deepStrictEqual(nearestNames(long, [`${long}a`]), [])
  })
})
