/** What the host gives its worker at the start, and what the worker says before and beside its replies. */
import type { MessagePort } from "node:worker_threads"

/** `auto`: the launcher on Linux, direct elsewhere and where no launcher can be started. */
export type SpawnerChoice = "auto" | "direct" | "launcher"

export interface WorkerStart {
  /** Where {@link HostOperations} are served. */
  readonly port: MessagePort
  readonly spawner: SpawnerChoice
  /** What the children of this broker are known by. */
  readonly mark: string
  /** Launcher processes at most. */
  readonly launchers: number
  /** Absolute path of the launcher's file, where it is not in its default place. */
  readonly launcherPath: string | undefined
  /** Absolute path of what runs the launcher, where it is not what runs the host. */
  readonly execPath: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** By name. They leave the worker only in the environment of children whose policy refers to them. */
  readonly secrets: Readonly<Record<string, string>>
}

/** One way, on the worker's own port. */
export type WorkerNotice =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Failed"; readonly reason: string }
  | { readonly _tag: "Log"; readonly level: "Warning" | "Error"; readonly message: string }
