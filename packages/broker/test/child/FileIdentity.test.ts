import { assert, describe, it } from "@effect/vitest"
import {
  appendFileSync,
  chmodSync,
  cpSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { dirname } from "node:path"
import { identityOf } from "../../src/child/FileIdentity.ts"
import { startChild } from "../../src/child/start-child.ts"
import { makeScratch } from "../worker/access/scratch.ts"

/** How a start ends of a program and a directory that were looked at before `change`: an errno, or a status. */
const startAfter = async (change: (tool: string, cwd: string) => void): Promise<string | number | null> => {
  const scratch = makeScratch()
  const [tool, cwd] = [scratch.file("bin/tool"), scratch.directory("work")]
  const expects = [tool, cwd].map((path) => identityOf(path, statSync(path)))
  change(tool, cwd)
  return new Promise((resolve) => {
    const request = { file: tool, argv0: "tool", args: [], cwd, env: {}, expects }
    startChild(request, ["ignore", "ignore", "ignore"], {
      started: () => {},
      failed: resolve,
      exited: ({ code }) => resolve(code)
    })
  })
}

const changes: ReadonlyArray<readonly [name: string, change: (tool: string, cwd: string) => void]> = [
  [
    "another file has taken its place",
    (tool) => {
      writeFileSync(`${tool}.new`, "#!/bin/sh\n", { mode: 0o755 })
      renameSync(`${tool}.new`, tool)
    }
  ],
  ["it has been written to", (tool) => appendFileSync(tool, "exit 3\n")],
  [
    "it has been written to, and its time set back",
    (tool) => {
      const { atime, mtime } = statSync(tool)
      appendFileSync(tool, "exit 3\n")
      utimesSync(tool, atime, mtime)
    }
  ],
  ["its mode has changed", (tool) => chmodSync(tool, 0o777)],
  ["it is gone", (tool) => rmSync(tool)],
  [
    "a link has taken its place",
    (tool) => {
      rmSync(tool)
      symlinkSync("/bin/true", tool)
    }
  ],
  [
    "a directory above it has become a link",
    (tool) => {
      const directory = dirname(tool)
      cpSync(directory, `${directory}-evil`, { recursive: true })
      renameSync(directory, `${directory}-moved`)
      symlinkSync(`${directory}-evil`, directory)
    }
  ],
  [
    "the working directory has become a link",
    (_, cwd) => {
      rmSync(cwd, { recursive: true })
      symlinkSync("/", cwd)
    }
  ]
]

describe("a program that was looked at before it is started", () => {
  it("runs if it is still the same, whatever has come into its directory", async () => {
    assert.strictEqual(
      await startAfter((tool, cwd) => [`${tool}2`, `${cwd}/x`].forEach((path) => writeFileSync(path, ""))),
      0
    )
  })

  for (const [name, change] of changes) {
    it(`does not run if ${name}`, async () => {
      assert.strictEqual(await startAfter(change), "ESTALE")
    })
  }
})
