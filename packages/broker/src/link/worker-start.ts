/** What the host gives its worker at the start, and what the worker says before and beside its replies. */
import type { MessagePort } from "node:worker_threads"
import type { BuiltInName } from "@spawnbroker/protocol"
import type { ClockStart } from "./clock-start.ts"
import type { Heartbeat } from "./heartbeat.ts"
import type { StoredDaemon, StoredReplica } from "./StoredDaemon.ts"
import type { StoredToken } from "./StoredToken.ts"

/** `auto`: the launcher on Linux, direct elsewhere and where no launcher can be started. */
export type SpawnerChoice = "auto" | "direct" | "launcher"

/** Where the audit goes. */
export interface AuditStart {
  /** Absolute. */
  readonly file: string
  readonly maxBytes: number
  readonly keep: number
  readonly required: boolean
}

/** Where the history goes. */
export interface HistoryStart {
  /** Absolute. Absent: it is in memory. */
  readonly file: string | undefined
  readonly keep: { readonly maxAgeMs: number; readonly maxRows: number; readonly maxBytes: number }
  readonly searchTimeoutMs: number
}

export interface WorkerStart {
  /** The file that this thread runs. Those of the history run it, too. */
  readonly workerFile: string
  /** Where {@link HostOperations} are served. */
  readonly port: MessagePort
  readonly spawner: SpawnerChoice
  /** Which of the broker's workers it is, from 1 on. */
  readonly incarnation: number
  /** What the children of this worker are known by. */
  readonly mark: string
  /** By which those of the worker before it are known. None of them must be left. */
  readonly previousMark: string | undefined
  /** Why the worker before it has ended. Absent: it is the first. */
  readonly previousEnd: string | undefined
  readonly heartbeat: Heartbeat
  /** When the broker was started, of which this worker may not be the first. */
  readonly clockStart: ClockStart
  /** That are good already. Each after the one that it was derived from. */
  readonly tokens: ReadonlyArray<StoredToken>
  /** That the worker before it had. */
  readonly daemons: ReadonlyArray<StoredDaemon>
  /** Launcher processes at most. */
  readonly launchers: number
  /** Absolute path of the launcher's file, where it is not in its default place. */
  readonly launcherPath: string | undefined
  /** Directory in which compiled code is kept, if there is one. */
  readonly codeCache: string | undefined
  /** Absolute path of what runs the launcher, where it is not what runs the host. */
  readonly execPath: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly audit: AuditStart | undefined
  readonly history: HistoryStart | undefined
  /** By name. They leave the worker only in the environment of children whose policy refers to them. */
  readonly secrets: Readonly<Record<string, string>>
  readonly pool: PoolStart
  /** What is done with the warnings of a policy that is minted. */
  readonly policyWarnings: "log" | "ignore"
}

/** Whose word a line of the log is. */
export type LogPart = "worker" | "launcher"

/** A transform: one that is built in, or a module of the host's, and what a step of it may take. */
export type TransformStart = { readonly builtIn: BuiltInName } | { readonly module: string; readonly stepMs: number }

/** The threads for transforms, and those that are the host's own. */
export interface PoolStart {
  /** Absolute path of a thread's file. */
  readonly file: string
  readonly maxThreads: number
  readonly memoryMb: number
  readonly idleMs: number
  readonly transforms: Readonly<Record<string, TransformStart>>
}

/** One way, on the worker's own port. */
export type WorkerNotice =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Failed"; readonly reason: string }
  | { readonly _tag: "TokenAdded"; readonly token: StoredToken }
  /** It is over, and so are those that were derived from it. */
  | { readonly _tag: "TokenEnded"; readonly id: string }
  | ({ readonly _tag: "DaemonAdded" } & Omit<StoredDaemon, "replicas">)
  | { readonly _tag: "DaemonChanged"; readonly name: string; readonly replica: number; readonly stored: StoredReplica }
  /** Its name is nobody's from now on. */
  | { readonly _tag: "DaemonForgotten"; readonly name: string }
  /** It ends itself, and no other is to follow. */
  | { readonly _tag: "Last"; readonly reason: string }
  | { readonly _tag: "Log"; readonly level: "Warning" | "Error"; readonly message: string; readonly part?: LogPart }
