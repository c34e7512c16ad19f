import type { ScenarioName } from "../scenarios/index.ts"
import type { MakeSubject } from "./Subject.ts"

export type Runtime = "node" | "bun" | "deno"

interface SubjectEntry {
  /** What runs its host. */
  readonly runtime: Runtime
  /** Loads it, in its own runtime only. */
  readonly load: () => Promise<MakeSubject>
  /** What it cannot take part in, and why. */
  readonly without: { readonly [name in ScenarioName]?: string }
}

const property = "whether a process runs is a property of its handle there, and no call to anybody"
const sameAsOwn = "it differs from spawnbroker-launcher in how chunks of bytes are read only"
const noHistory = "it remembers nothing of what it has run"
const onlyHistory = "what it does beside the others is measured by history"
const noRecords = "it reads JSON as child_process does, with JSON.parse on the main thread"
const noLines = "it has no stream of lines of its own"

/** Everything that is measured, by the name under which results are kept. */
export const subjects = {
  child_process: {
    runtime: "node",
    load: async () => (await import("./child-process.ts")).childProcess,
    without: { control: property, history: noHistory }
  },
  execa: {
    runtime: "node",
    load: async () => (await import("./execa.ts")).execaSubject,
    without: { control: property, transform: noRecords, history: noHistory }
  },
  "effect-platform-node": {
    runtime: "node",
    load: async () => (await import("./effect-platform.ts")).effectPlatform,
    without: { control: property, transform: noRecords, history: noHistory }
  },
  bun: {
    runtime: "bun",
    load: async () => (await import("./bun.ts")).bun,
    without: { control: property, lines: noLines, transform: noRecords, history: noHistory }
  },
  deno: {
    runtime: "deno",
    load: async () => (await import("./deno.ts")).deno,
    without: { control: property, lines: noLines, transform: noRecords, history: noHistory }
  },
  "spawnbroker-direct": {
    runtime: "node",
    load: async () => (await import("./spawnbroker.ts")).spawnbroker("direct"),
    without: { history: noHistory }
  },
  "spawnbroker-launcher": {
    runtime: "node",
    load: async () => (await import("./spawnbroker.ts")).spawnbroker("launcher"),
    without: {}
  },
  "spawnbroker-borrowed": {
    runtime: "node",
    load: async () => (await import("./spawnbroker.ts")).spawnbroker("launcher", "borrowed"),
    without: {
      "spawn-rate": sameAsOwn,
      "spawn-latency": sameAsOwn,
      "spawn-stall": sameAsOwn,
      lines: sameAsOwn,
      transform: sameAsOwn,
      echo: sameAsOwn,
      many: sameAsOwn,
      "busy-main": sameAsOwn,
      history: sameAsOwn,
      control: sameAsOwn
    }
  },
  "spawnbroker-recorded": {
    runtime: "node",
    load: async () => (await import("./spawnbroker-recorded.ts")).spawnbrokerRecorded,
    without: {
      "spawn-rate": onlyHistory,
      "spawn-latency": onlyHistory,
      "spawn-stall": onlyHistory,
      "main-stall": onlyHistory,
      throughput: onlyHistory,
      lines: onlyHistory,
      transform: onlyHistory,
      echo: onlyHistory,
      many: onlyHistory,
      "slow-reader": onlyHistory,
      "busy-main": onlyHistory,
      control: onlyHistory
    }
  }
} as const satisfies Readonly<Record<string, SubjectEntry>>

export type SubjectName = keyof typeof subjects

export const subjectNames = Object.keys(subjects) as ReadonlyArray<SubjectName>

/** Those that the others are compared with. */
export const isOurs = (name: string): boolean => name.startsWith("spawnbroker")
