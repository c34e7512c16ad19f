/** Builds the console, unless what is built is of the very sources that there are. */
import { createHash } from "node:crypto"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "vite"

const directory = join(import.meta.dirname, "..")
const root = join(directory, "../..")
const mark = join(directory, "dist", ".sources")

const sources = [
  "apps/console/{src/**/*.*,index.html,vite.config.ts}",
  "packages/{client,protocol}/src/**/*.ts",
  "pnpm-lock.yaml"
]

const hash = createHash("sha256")
for (const file of globSync(sources, { cwd: root }).toSorted()) hash.update(file).update(readFileSync(join(root, file)))
const wanted = hash.digest("hex")

const built = (): string | undefined => {
  try {
    return readFileSync(mark, "utf8")
  } catch {
    return undefined
  }
}

if (built() !== wanted) {
  process.stdout.write("Building the console …\n")
  // Whoever builds it, and be it a test, builds the one that is served.
  const { NODE_ENV } = process.env
  process.env["NODE_ENV"] = "production"
  await build({ configFile: join(directory, "vite.config.ts"), logLevel: "warn" })
  if (NODE_ENV === undefined) delete process.env["NODE_ENV"]
  else process.env["NODE_ENV"] = NODE_ENV
  writeFileSync(mark, wanted)
}
