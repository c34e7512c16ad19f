import { readFile } from "node:fs/promises"
import { cpus, release, totalmem } from "node:os"

/** Where it was measured, and what. */
export interface Setting {
  readonly machine: Readonly<Record<string, string | number>>
  readonly versions: Readonly<Record<string, string>>
}

/** Peers are pinned exactly, so what the manifests say is what has run. */
export const readSetting = async (): Promise<Setting> => {
  const [bench, runtimes] = await Promise.all([readPins("../../package.json"), readPins("../../runtimes/package.json")])
  const peers = Object.entries({ ...bench, ...runtimes }).filter(([, version]) => !version.startsWith("workspace:"))
  return {
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model ?? "unknown",
      memoryGB: Math.round(totalmem() / 1024 ** 3),
      kernel: `${process.platform} ${release()}`
    },
    versions: { node: process.version, ...Object.fromEntries(peers) }
  }
}

const readPins = async (path: string): Promise<Readonly<Record<string, string>>> =>
  JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")).dependencies
