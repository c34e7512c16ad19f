import { afterAll, assert, describe, it } from "@effect/vitest"
import { constants, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mkfifoFile } from "../../../../src/child/open-pipe.ts"
import { startChild } from "../../../../src/child/start-child.ts"
import { Directory } from "../../../../src/worker/daemons/files/Directory.ts"
import { readEnvFile } from "../../../../src/worker/daemons/files/read-env-file.ts"

const root = mkdtempSync(join(tmpdir(), "directory-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const makeFifo = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const mkfifo = { file: mkfifoFile(), argv0: "mkfifo", args: [path], cwd: "/", env: {} }
    startChild(mkfifo, ["ignore", "ignore", "ignore"], { started: () => {}, failed: reject, exited: () => resolve() })
  })

const problemOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => assert.fail("nothing was wrong"),
    (cause: Error) => cause.message
  )

describe("a directory of a client's files", () => {
  it("stays the one that was looked at, whatever is put in its place", async () => {
    mkdirSync(join(root, "a"))
    mkdirSync(join(root, "secret"))
    writeFileSync(join(root, "secret", "f"), "secret")
    writeFileSync(join(root, "a", "f"), "open")
    const directory = await Directory.of(join(root, "a", "f"), [[root]])
    renameSync(join(root, "a"), join(root, "b"))
    symlinkSync(join(root, "secret"), join(root, "a"))
    const file = await directory.open("f", constants.O_RDONLY)
    assert.strictEqual(await file.readFile("utf8"), "open")
    await file.close()
    await directory.close()
  })

  it("must be within what every link of the chain allows", async () => {
    mkdirSync(join(root, "inner"))
    const path = join(root, "inner", "f")
    assert.include(await problemOf(Directory.of(path, [[root], [join(root, "other")]])), "is not where it was allowed")
    assert.include(await problemOf(Directory.of(path, [[root], []])), "is not where it was allowed")
    await (await Directory.of(path, [[root], [join(root, "inner")]])).close()
  })

  it("gives no file that is a link, has another name, or is no file", async () => {
    const directory = await Directory.of(join(root, "f"), [[root]])
    writeFileSync(join(root, "original"), "")
    symlinkSync(join(root, "original"), join(root, "soft"))
    linkSync(join(root, "original"), join(root, "hard"))
    await makeFifo(join(root, "fifo"))
    for (const name of ["soft", "hard", "fifo", "inner"]) {
      await problemOf(directory.open(name, constants.O_RDONLY))
    }
    await directory.close()
  })
})

describe("a file of variables", () => {
  it("has names and values, with comments and quotes", async () => {
    writeFileSync(join(root, "env"), `# a comment\nA=1\nexport B="two words"\n\nC='3'\n`)
    assert.deepStrictEqual({ ...(await readEnvFile(join(root, "env"), [[root]])) }, { A: "1", B: "two words", C: "3" })
  })

  it("is refused where it is too large or has a NUL byte, without a word of what is in it", async () => {
    writeFileSync(join(root, "env"), `A=s3cret${"x".repeat(1024 * 1024)}`)
    assert.notInclude(await problemOf(readEnvFile(join(root, "env"), [[root]])), "s3cret")
    writeFileSync(join(root, "env"), "A=s3cret\0")
    assert.notInclude(await problemOf(readEnvFile(join(root, "env"), [[root]])), "s3cret")
  })
})
