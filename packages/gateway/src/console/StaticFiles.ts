/**
 * The files of a directory, as they are when the gateway starts. They are held in memory, by their paths: what is not among them
 * does not exist, however its path is written, and no link leads out of the directory.
 */
import { readdir, readFile } from "node:fs/promises"
import { extname, join, relative, sep } from "node:path"
import type { Answer } from "../http/Answer.ts"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8"
}

/** A file whose name has a hash of its content, as bundlers make them, never changes. */
const isHashed = (path: string): boolean => /^\/assets\/.+-[\w-]{8,}\.\w+$/.test(path)

export class StaticFiles {
  readonly #answers: ReadonlyMap<string, Answer>

  private constructor(answers: ReadonlyMap<string, Answer>) {
    this.#answers = answers
  }

  /** Files of unknown types, links, and whatever else is no file, are left out. */
  static async read(directory: string): Promise<StaticFiles> {
    const answers = new Map<string, Answer>()
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)]
      if (!entry.isFile() || type === undefined) continue
      const file = join(entry.parentPath, entry.name)
      const path = `/${relative(directory, file).split(sep).join("/")}`
      const kept = isHashed(path) ? "private, max-age=31536000, immutable" : "no-cache"
      answers.set(path, {
        status: 200,
        headers: { "content-type": type, "cache-control": kept },
        body: await readFile(file)
      })
    }
    return new StaticFiles(answers)
  }

  /** `/` is `/index.html`. */
  find(path: string): Answer | undefined {
    return this.#answers.get(path === "/" ? "/index.html" : path)
  }
}
