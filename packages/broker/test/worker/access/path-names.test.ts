import { assert, describe, it } from "@effect/vitest"
import { pathNames } from "../../../src/worker/access/path-names.ts"
import { makeScratch } from "./scratch.ts"

describe("the names on a PATH", () => {
  it("are those of each directory, in order, as of some seconds ago", () => {
    const scratch = makeScratch()
    scratch.file("one/b")
    scratch.file("two/a")
    scratch.file("two/b")
    const path = `${scratch.path("one")}:relative::${scratch.path("none")}:${scratch.path("two")}`
    assert.deepStrictEqual(pathNames(path, 0), ["b", "a"])
    scratch.file("one/c")
    assert.deepStrictEqual(pathNames(path, 9_999), ["b", "a"])
    assert.deepStrictEqual(pathNames(path, 10_000), ["b", "c", "a"])
  })

  it("are no more than can be looked at, and of no more PATHs than are used", () => {
    const scratch = makeScratch()
    scratch.file("bin/a")
    const path = scratch.path("bin")
    assert.deepStrictEqual(pathNames(path, 0), ["a"])
    scratch.file("bin/b")
    for (let other = 0; other < 16; other++) pathNames(`/none/${other}`, 0)
    assert.deepStrictEqual(pathNames(path, 1), ["a", "b"])
  })
})
