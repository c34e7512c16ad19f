import type { SpawnerChoice } from "../../link/worker-start.ts"
import { DirectSpawner } from "./DirectSpawner.ts"
import { LauncherSpawner } from "./LauncherSpawner.ts"
import type { LauncherLocation } from "./run-launcher.ts"
import type { Spawner } from "./Spawner.ts"

/** The spawner for this machine, and why it is not the one that was wished for, if so. */
export interface ChosenSpawner {
  readonly spawner: Spawner
  readonly fallback?: string
}

/** `mark`: what the broker's children are known by. `log`: for what becomes of launchers. Rejects only if the launcher was asked for by name and cannot be started. */
export const chooseSpawner = async (
  choice: SpawnerChoice,
  launcher: LauncherLocation,
  launchers: number,
  mark: string,
  log: (message: string) => void
): Promise<ChosenSpawner> => {
  if (choice === "direct") return { spawner: new DirectSpawner(mark) }
  if (choice === "auto" && process.platform !== "linux") {
    return { spawner: new DirectSpawner(mark), fallback: `the launcher is for Linux, and this is ${process.platform}` }
  }
  try {
    return { spawner: await LauncherSpawner.start(launcher, launchers, mark, log) }
  } catch (cause) {
    if (choice === "launcher") throw cause
    return {
      spawner: new DirectSpawner(mark),
      fallback: `the launcher could not be started: ${(cause as Error).message}`
    }
  }
}
