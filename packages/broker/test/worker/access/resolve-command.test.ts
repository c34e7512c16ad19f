import { assert, describe, it } from "@effect/vitest"
import { chmodSync, mkdirSync } from "node:fs"
import { dirname, relative } from "node:path"
import * as access from "../../../src/worker/access/resolve-command.ts"
import { makeScratch } from "./scratch.ts"

const { searchPath } = access

/** Without the identity of the file. */
const resolveCommand = (command: string, path: string, cwd: string) => {
  const resolved = access.resolveCommand(command, path, cwd)
  return typeof resolved === "string" ? resolved : { found: resolved.found, file: resolved.file }
}

const isRoot = process.getuid?.() === 0

describe("resolving a command", () => {
  it("takes the first directory of PATH that has it", () => {
    const { file, path, root } = makeScratch()
    const first = file("a/tool")
    file("b/tool")
    assert.deepStrictEqual(resolveCommand("tool", `${path("a")}:${path("b")}`, root), { found: first, file: first })
  })

  it("passes over what is there and cannot be run", () => {
    const { directory, file, path, root } = makeScratch()
    directory("a/tool")
    file("b/tool", 0o644)
    const good = file("c/tool")
    const search = ["a", "b", "c"].map(path).join(":")
    assert.deepStrictEqual(resolveCommand("tool", search, root), { found: good, file: good })
  })

  it("says EACCES where all that is there cannot be run", () => {
    const { directory, file, path, root } = makeScratch()
    directory("a/tool")
    file("b/tool", 0o644)
    assert.strictEqual(resolveCommand("tool", path("a"), root), "EACCES")
    assert.strictEqual(resolveCommand("tool", `${path("b")}:${path("none")}`, root), "EACCES")
  })

  it("says ENOENT where nothing is there", () => {
    const { path, root } = makeScratch()
    for (const name of ["tool", path("none/tool"), "./tool", "../tool", "tool/"]) {
      assert.strictEqual(resolveCommand(name, path("none"), root), "ENOENT", name)
    }
  })

  it("searches no empty, relative or unexpanded element, so that a working directory supplies nothing", () => {
    const { file, root } = makeScratch()
    file("tool")
    file("bin/tool")
    for (const path of ["", ":", "::", ".", "./", "bin", "./bin", "~", "~/bin", "$HOME/bin", " /", ":.:bin:"]) {
      assert.deepStrictEqual(searchPath(path), [])
      assert.strictEqual(resolveCommand("tool", path, root), "ENOENT", path)
    }
  })

  it("keeps what is absolute of a PATH", () => {
    assert.deepStrictEqual(searchPath(":/a::b:/c:."), ["/a", "/c"])
  })

  it("takes a path with a slash from the working directory, and never from PATH", () => {
    const { file, path } = makeScratch()
    const local = file("work/tool")
    file("bin/sub/tool")
    assert.deepStrictEqual(resolveCommand("./tool", path("bin"), path("work")), { found: local, file: local })
    assert.deepStrictEqual(resolveCommand("../work/tool", path("bin"), path("work")), { found: local, file: local })
    assert.strictEqual(resolveCommand("sub/tool", path("bin"), path("work")), "ENOENT")
  })

  it("follows links to the file that runs, and remembers the place where they were found", () => {
    const { file, link, path, root } = makeScratch()
    const real = file("lib/busybox")
    const alias = link("bin/ls", real)
    link("bin/dir", "ls")
    assert.deepStrictEqual(resolveCommand("ls", path("bin"), root), { found: alias, file: real })
    assert.deepStrictEqual(resolveCommand("dir", path("bin"), root), { found: path("bin/dir"), file: real })
  })

  it("frees the directory of a place from links", () => {
    const { file, link, path, root } = makeScratch()
    const real = file("usr/bin/tool")
    link("bin", path("usr/bin"))
    assert.deepStrictEqual(resolveCommand("tool", path("bin"), root), { found: real, file: real })
    assert.deepStrictEqual(resolveCommand(path("bin/../bin/tool"), "", root), { found: real, file: real })
  })

  it("finds nothing behind a link that leads nowhere, or in a circle", () => {
    const { link, path, root } = makeScratch()
    link("bin/dangling", path("none"))
    link("bin/one", path("bin/two"))
    link("bin/two", path("bin/one"))
    for (const name of ["dangling", "one", "two"])
      assert.strictEqual(resolveCommand(name, path("bin"), root), "ENOENT", name)
  })

  it("runs no directory and no device", () => {
    const { root } = makeScratch()
    for (const name of [root, "/dev/null", "/", ".", "..", "./"]) {
      const found = resolveCommand(name, "/usr/bin", root)
      assert.isTrue(found === "EACCES" || found === "ENOENT", name)
    }
  })

  it("takes odd names as they are", () => {
    const { file, path, root } = makeScratch()
    for (const name of ["a b", "-tool", "$(id)", "*", "a\nb", "ü"]) {
      const good = file(`bin/${name}`)
      assert.deepStrictEqual(resolveCommand(name, path("bin"), root), { found: good, file: good })
    }
  })

  it("does not take another spelling of a name", () => {
    const { file, path, root } = makeScratch()
    file("bin/tool")
    for (const name of ["TOOL", "tool ", " tool", "tool.sh", "tool\n"]) {
      assert.strictEqual(resolveCommand(name, path("bin"), root), "ENOENT", name)
    }
  })

  it.skipIf(isRoot)("says EACCES where a directory may not be entered", () => {
    const { file, path, root } = makeScratch()
    const good = file("closed/tool")
    chmodSync(dirname(good), 0)
    assert.strictEqual(resolveCommand("tool", path("closed"), root), "EACCES")
    chmodSync(dirname(good), 0o755)
  })

  it("answers ENOENT for a path longer than the system takes", () => {
    const { root } = makeScratch()
    assert.strictEqual(resolveCommand(`/${"x/".repeat(4000)}tool`, "", root), "ENOENT")
    assert.strictEqual(resolveCommand("x".repeat(4000), "/usr/bin", root), "ENOENT")
    mkdirSync(`${root}/x`)
    assert.strictEqual(resolveCommand(`${relative("/", root)}/x`, "/usr/bin", root), "ENOENT")
  })
})
