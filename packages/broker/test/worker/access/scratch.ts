/** A directory of a test with real files, gone when the test is. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach } from "vitest"

export interface Scratch {
  readonly root: string
  readonly path: (name: string) => string
  readonly file: (name: string, mode?: number) => string
  readonly directory: (name: string) => string
  readonly link: (name: string, target: string) => string
}

const open = new Set<string>()
afterEach(() => {
  for (const root of open) rmSync(root, { recursive: true, force: true })
  open.clear()
})

export const makeScratch = (): Scratch => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "broker-test-")))
  open.add(root)
  const path = (name: string): string => {
    const full = join(root, name)
    mkdirSync(dirname(full), { recursive: true })
    return full
  }
  return {
    root,
    path,
    file: (name, mode = 0o755) => {
      writeFileSync(path(name), "#!/bin/sh\n")
      chmodSync(path(name), mode)
      return path(name)
    },
    directory: (name) => {
      mkdirSync(path(name), { recursive: true })
      return path(name)
    },
    link: (name, target) => {
      symlinkSync(target, path(name))
      return path(name)
    }
  }
}
