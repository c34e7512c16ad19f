/** What runs the hosts. Node is there; Bun and Deno are installed by the first run that wants them. */
import type { ClientHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { access, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Runtime } from "../subjects/index.ts"
import { say } from "./say.ts"

/** The install of Bun and Deno, which no other command of the workspace has to wait for. */
export const runtimesFolder = fileURLToPath(new URL("../../runtimes", import.meta.url))

const inRuntimes = (path: string): string => join(runtimesFolder, "node_modules", path)

/** Where each runtime lies, and how it is told to run a host: with room for the largest ballast, and a collector to call. */
export const runtimes: Readonly<Record<Runtime, { readonly binary: string; readonly options: ReadonlyArray<string> }>> =
  {
    node: {
      binary: process.execPath,
      options: ["--expose-gc", "--max-old-space-size=12000", "--disable-warning=ExperimentalWarning"]
    },
    bun: { binary: inRuntimes("bun/bin/bun.exe"), options: ["--expose-gc"] },
    deno: {
      binary: inRuntimes("deno/deno"),
      options: [
        "run",
        "--quiet",
        "--allow-all",
        "--no-check",
        "--no-lock",
        "--node-modules-dir=manual",
        "--v8-flags=--expose-gc,--max-old-space-size=12000"
      ]
    }
  }

/** The package manager of the README's commands, so that whoever can run those can run this. */
export const installer = { command: "npx", args: ["--yes", "pnpm@12.21.0", "install", "--frozen-lockfile"] } as const

/** Which of the runtimes can be used, after installing what is missing. Says what cannot, and why. */
export const prepareRuntimes = (
  client: ClientHandle,
  wanted: ReadonlySet<Runtime>
): Effect.Effect<ReadonlySet<Runtime>> =>
  Effect.gen(function* () {
    const installed = wanted.size === 1 || (yield* Effect.promise(isInstalled))
    if (installed) return wanted
    say("installing Bun and Deno for this and later runs (some 100 MB)")
    const { command, args } = installer
    const problem = yield* client.run(command, args, { cwd: runtimesFolder, timeout: "5 minutes" }).pipe(
      Effect.map(({ all }) => all.trim().split("\n").slice(-3).join(" ")),
      Effect.catch(({ message }) => Effect.succeed(message))
    )
    if (yield* Effect.promise(isInstalled)) return wanted
    say(`Bun and Deno are left out, since they could not be installed: ${problem}`)
    return new Set<Runtime>(["node"])
  })

/** Both are there, in the versions that the manifest pins. */
const isInstalled = async (): Promise<boolean> => {
  const { dependencies } = await readManifest(runtimesFolder)
  const right = Object.entries(dependencies).map(async ([name, version]) => {
    const { binary } = runtimes[name as Runtime]
    const [manifest] = await Promise.all([readManifest(inRuntimes(name)), access(binary)])
    return manifest.version === version
  })
  return Promise.all(right).then(
    (each) => each.every(Boolean),
    () => false
  )
}

const readManifest = async (folder: string) =>
  JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    readonly version: string
    readonly dependencies: Readonly<Record<string, string>>
  }
