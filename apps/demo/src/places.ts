/** The directories and the one program that the demo works with. */
import * as Effect from "effect/Effect"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

export interface Places {
  /** The root of this workspace: its history and its dependency tree are worked on. */
  readonly project: string
  readonly dependencies: string
  /** Small programs that Node runs. */
  readonly scripts: string
  /** One package of many files, by its real path: package managers link them from elsewhere. */
  readonly effect: string
  /** Empty, and deleted at the end. */
  readonly scratch: string
  /** The Node that runs the demo, rather than the first one on the PATH, which may be older. */
  readonly node: string
}

/** The places. The scratch directory lives as long as the scope. */
export const makePlaces = Effect.acquireRelease(
  Effect.sync((): Places => {
    const project = resolve(import.meta.dirname, "../../..")
    return {
      project,
      dependencies: realpathSync(join(project, "node_modules")),
      scripts: join(import.meta.dirname, "jobs/scripts"),
      effect: realpathSync(dirname(fileURLToPath(import.meta.resolve("effect/package.json")))),
      scratch: realpathSync(mkdtempSync(join(tmpdir(), "spawnbroker-demo-"))),
      node: process.execPath
    }
  }),
  ({ scratch }) => Effect.sync(() => rmSync(scratch, { recursive: true, force: true }))
)
