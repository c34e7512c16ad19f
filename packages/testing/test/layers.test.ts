/** The architecture is held by the linter; this holds the linter, by showing it files that break each rule. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** A file, what it imports, and a word of the message that refuses it; none where it is allowed. */
const cases: ReadonlyArray<readonly [file: string, imports: string, refused: string | undefined]> = [
  ["packages/client/src/a.ts", "node:child_process", "Only packages/broker"],
  ["packages/client/src/b.ts", "child_process", "Only packages/broker"],
  ["packages/client/src/c.ts", "node:fs", "no Node module"],
  ["packages/client/src/d.ts", "@spawnbroker/broker", "only by the protocol"],
  ["packages/client/src/e.ts", "@spawnbroker/protocol", undefined],
  ["packages/client/src/f.ts", "@spawnbroker/protocol/src/index.ts", "entered by its index"],
  ["packages/client/src/g.ts", "../../protocol/src/index.ts", "entered by its index"],
  ["packages/client/src/h.ts", "./process/ProcessHandle.ts", undefined],
  ["packages/protocol/src/a.ts", "node:worker_threads", "no Node module"],
  ["packages/protocol/src/b.ts", "@spawnbroker/client", "below every other"],
  ["packages/protocol/src/c.ts", "effect/Schema", undefined],
  ["packages/broker/src/worker/a.ts", "node:child_process", "Only packages/broker"],
  ["packages/broker/src/child/a.ts", "node:child_process", undefined],
  ["packages/broker/src/child/b.ts", "effect/Effect", "stays small"],
  ["packages/broker/src/launcher/a.ts", "../worker/main.ts", "stays small"],
  ["packages/broker/src/host/a.ts", "../worker/Worker.ts", "share no code"],
  ["packages/broker/src/worker/b.ts", "@spawnbroker/client", "only by the protocol"],
  ["packages/testing/src/a.ts", "node:child_process", "Only packages/broker"],
  ["apps/demo/src/a.ts", "node:child_process", "Only packages/broker"],
  ["apps/demo/src/b.ts", "../../../packages/broker/src/worker/main.ts", "entered by its index"],
  ["apps/demo/src/compare/baseline.ts", "node:child_process", undefined]
]

/** A tree with nothing but those files, and the project's own configuration of the linter. */
const buildTree = Effect.acquireRelease(
  Effect.promise(async () => {
    const tree = await mkdtemp(join(tmpdir(), "spawnbroker-layers-"))
    for (const file of ["oxlint.config.ts", "layers.ts", "package.json"]) await cp(join(root, file), join(tree, file))
    await symlink(join(root, "node_modules"), join(tree, "node_modules"))
    for (const [file, imports] of cases) {
      await mkdir(dirname(join(tree, file)), { recursive: true })
      await writeFile(join(tree, file), `import * as imported from "${imports}"\nconsole.log(imported)\n`)
    }
    return tree
  }),
  (tree) => Effect.promise(() => rm(tree, { recursive: true, force: true }))
)

const lint = Effect.gen(function* () {
  const tree = yield* buildTree
  const broker = yield* Broker.start()
  const oxlint = join(root, "node_modules/.bin/oxlint")
  const token = yield* broker.mint({ subject: "lint", commands: [{ command: oxlint, args: true }], cwd: [tree] })
  const client = yield* Client.connect(yield* broker.openPort(), token)
  const { stdout, stderr } = yield* client.run(oxlint, ["--format", "json", "--disable-nested-config"], { cwd: tree })
  assert.include(stdout, "diagnostics", stderr)
  return JSON.parse(stdout) as { readonly diagnostics: ReadonlyArray<Diagnostic> }
})

interface Diagnostic {
  readonly code?: string
  readonly filename: string
  readonly message: string
  readonly help?: string
}

it.live("an import against the layers is refused, and its neighbour that is allowed is not", () =>
  Effect.gen(function* () {
    const { diagnostics } = yield* lint
    for (const [file, imports, refused] of cases) {
      const found = diagnostics.filter(
        ({ code, filename }) => filename === file && code?.includes("no-restricted-imports")
      )
      const said = found.map(({ message, help }) => `${message} ${help}`).join("\n")
      if (refused === undefined) assert.strictEqual(said, "", `${file} may import ${imports}`)
      else assert.include(said, refused, `${file} must not import ${imports}`)
    }
  }).pipe(Effect.scoped)
)
