import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const src = fileURLToPath(new URL("../src", import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
const codeOf = (file: string): string =>
  readFileSync(join(src, file), "utf8").replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "")
const namesIn = (code: string): ReadonlyArray<string> =>
  [...code.matchAll(/^(?:import|export)\s(?:[\w*{},\s]+?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm)].map(
    ([, name, loaded]) => (name ?? loaded)!
  )
const importsOf = (file: string): ReadonlyArray<string> => namesIn(codeOf(file))
/** Without those of types alone, which are gone when it runs. */
const importsAtRunTime = (file: string): ReadonlyArray<string> =>
  namesIn(codeOf(file).replaceAll(/^(?:import|export) type [^;"]*"[^"]+"/gm, ""))

describe("what the protocol imports", () => {
  it("is itself, effect and comlink, so that it runs in a browser", () => {
    assert.isAbove(files.length, 15)
    for (const file of files) {
      for (const name of importsOf(file)) assert.match(name, /^(\.{1,2}\/.*\.ts|effect(\/.*)?|comlink)$/, file)
    }
  })

  it("names no global of Node", () => {
    for (const file of files) {
      assert.notMatch(codeOf(file), /\b(Buffer|setImmediate|__dirname|process\.(env|cwd|pid|platform))\b/, file)
    }
  })

  it("goes in no circle", () => {
    const visit = (file: string, path: ReadonlyArray<string>): void => {
      assert.notInclude(path, file, [...path, file].join(" → "))
      for (const name of importsAtRunTime(file).filter((each) => each.startsWith("."))) {
        visit(relative(src, resolve(src, dirname(file), name)), [...path, file])
      }
    }
    visit("index.ts", [])
  })
})
