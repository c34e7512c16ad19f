/**
 * The launcher as it is published: JavaScript. Node could run its sources, but what it takes to leave their types out stays in
 * the memory of the launcher, 16 MB, and makes each fork a third dearer. No user has that.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const localImport = /(?<=\bfrom ")(\.{1,2}\/[^"]+)\.ts(?=")/g

/** The path of the launcher, which is there until the process ends. */
export const publishedLauncher = (): string => {
  const root = dirname(fileURLToPath(import.meta.resolve("@spawnbroker/broker")))
  // There it finds what it imports.
  const directory = mkdtempSync(join(root, "../node_modules/.published-launcher-"))
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
  const placeOf = (source: string): string => join(directory, `${relative(root, source).slice(0, -".ts".length)}.mjs`)
  const written = new Set<string>()
  const write = (source: string): void => {
    if (written.has(source)) return
    written.add(source)
    const code = stripTypeScriptTypes(readFileSync(source, "utf8"))
    mkdirSync(dirname(placeOf(source)), { recursive: true })
    writeFileSync(placeOf(source), code.replaceAll(localImport, "$1.mjs"))
    for (const [imported] of code.matchAll(localImport)) write(resolve(dirname(source), imported))
  }
  const entry = join(root, "launcher/main.ts")
  write(entry)
  return placeOf(entry)
}
