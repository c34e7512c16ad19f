import { assert, describe, it } from "@effect/vitest"
import { JsonFile } from "../../src/mistakes/JsonFile.ts"
import { readPath, showMistake, showPath } from "../../src/mistakes/Mistake.ts"

const mistakesOf = (text: string): ReadonlyArray<string> => new JsonFile("f.json", text).mistakes.map(showMistake)

describe("a JSON file", () => {
  it("may have comments, and a comma after the last of a list", () => {
    const file = new JsonFile("f.json", '// why\n{ "a": [1, 2,], /* and */ "b": null, }')
    assert.deepStrictEqual(file.mistakes, [])
    assert.deepStrictEqual(file.value, { a: [1, 2], b: null })
  })

  it("that is none is told where, and goes on after that", () => {
    assert.deepStrictEqual(mistakesOf('{\n  "a": 1\n  "b": tru,\n  "c": 2\n  "d": 3\n}'), [
      "f.json:3:3: this is no JSON: comma expected",
      "f.json:5:3: this is no JSON: comma expected"
    ])
  })

  it("with a field that is there twice is told so, wherever it is", () => {
    assert.deepStrictEqual(mistakesOf('{ "a": [{ "b": 1,\n "b": 2 }] }'), [
      "f.json:2:2: a[0].b: `b` is there twice. Take one of them away"
    ])
  })

  it("points at a field's name, at its value, or at what is around what is missing", () => {
    const file = new JsonFile("f.json", '{\n  "a": {\n    "b": [1,\n 2]\n  }\n}')
    const place = (path: ReadonlyArray<string | number>, isName = false) => {
      const { line, column } = file.locate({ path, problem: "", isName })
      return `${line}:${column}`
    }
    assert.strictEqual(place(["a", "b"], true), "3:5")
    assert.strictEqual(place(["a", "b"]), "3:10")
    assert.strictEqual(place(["a", "b", 1]), "4:2")
    assert.strictEqual(place(["a", "none"]), "2:8")
    assert.strictEqual(place([]), "1:1")
  })

  it("cannot reach a prototype", () => {
    const { value } = new JsonFile("f.json", '{ "__proto__": { "isAdmin": true } }')
    assert.isUndefined((value as { readonly isAdmin?: boolean }).isAdmin)
  })

  it("cannot write to a terminal by its names", () => {
    assert.deepStrictEqual(mistakesOf('{ "\\u001b[2J": 1, "\\u001b[2J": 2 }'), [
      'f.json:1:19: ["\\u001b[2J"]: `\\u001b[2J` is there twice. Take one of them away'
    ])
  })
})

describe("a path", () => {
  it.each([[["a", 0, "b-c"]], [["daemons", "web.1", "args", 12]], [['with "quotes"']], [[]]])(
    "%j is read as it was written",
    (path) => {
      assert.deepStrictEqual(readPath(showPath(path)), path)
    }
  )
})
