import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const src = fileURLToPath(new URL("../src", import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
const codeOf = (file: string): string =>
  readFileSync(join(src, file), "utf8").replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "")

describe("what the client imports", () => {
  it("is itself, the protocol, effect and comlink: nothing of Node, and nothing of the broker", () => {
    assert.isAbove(files.length, 8)
    for (const file of files) {
      for (const [, name] of codeOf(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
        assert.match(name!, /^(\.{1,2}\/.*\.ts|@spawnbroker\/protocol|effect(\/.*)?|comlink)$/, file)
      }
    }
  })

  it("names no global of Node", () => {
    for (const file of files) {
      assert.notMatch(codeOf(file), /\b(Buffer|setImmediate|__dirname|process\.(env|cwd|platform|hrtime))\b/, file)
    }
  })
})
