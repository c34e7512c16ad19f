/** Every example in the documentation and in docstrings is run, and each `value // => expected` in it is checked. */
import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { whyNoSandbox } from "../src/conformance/sandbox.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const here = fileURLToPath(new URL("./", import.meta.url))

interface Example {
  readonly name: string
  readonly code: string
}

const sources = globSync(["README.md", "docs/**/*.md", "packages/*/README.md", "packages/*/src/**/*.ts"], { cwd: root })

/** The fenced blocks of TypeScript in a file, without the stars of a docstring. */
const examplesOf = (file: string): ReadonlyArray<Example> => {
  const text = readFileSync(join(root, file), "utf8").replaceAll(/^ *\* ?/gm, "")
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code], index) => ({
    name: `${file} ${index + 1}`,
    code: code!
  }))
}

/** What a docstring need not import. */
const prelude = `
import { Broker, serveHealth } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { Policy } from "@spawnbroker/protocol"
import { Effect, Fiber, Schedule, Stream } from "effect"
`

const checked = (code: string): string =>
  code.replaceAll(/^( *)(?:return )?(.+?) \/\/ => (.+)$/gm, "$1;__check($2, $3)")

/** A module of its own, which exports nothing and calls `__check` for each value. */
const moduleOf = ({ code }: Example): string => {
  const imports = code.includes("import {") ? "" : prelude
  const runs =
    code.includes("const program") && !code.includes("runPromise") ? "\nawait Effect.runPromise(program)\n" : ""
  return `import { assert as __assert } from "@effect/vitest"
let __checks = 0
const __check = (actual: unknown, expected: unknown) => { __checks++; __assert.deepEqual(actual, expected) }
${imports}${checked(code)}${runs}
export const checks = __checks\n`
}

const runExample = async (example: Example): Promise<number> => {
  // Inside the package, so that its imports are found.
  const directory = await mkdtemp(join(here, ".example-"))
  try {
    const file = join(directory, "example.ts")
    await writeFile(file, moduleOf(example))
    const { checks } = (await import(pathToFileURL(file).href)) as { readonly checks: number }
    return checks
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Why those with a sandbox cannot be run here, if they cannot. */
const reason = await whyNoSandbox("direct")
const needsSandbox = ({ code }: Example): boolean => reason !== undefined && code.includes("sandbox: {")

describe("examples", () => {
  const all = sources.flatMap(examplesOf)
  const examples = all.filter((example) => !needsSandbox(example))
  it.skip.each(all.filter(needsSandbox))(`$name is not run here. ${reason}`, () => {})
  it.each(examples)("$name does what it says", async (example) => {
    const checks = await runExample(example)
    assert.strictEqual(checks, [...example.code.matchAll(/\/\/ => /g)].length)
  })

  it("there are some, in the README and in docstrings", () => {
    assert.isTrue(examples.some(({ name }) => name.startsWith("README.md")))
    assert.isTrue(examples.some(({ name }) => name.startsWith(relative(root, join(root, "packages/broker/src")))))
  })
})
