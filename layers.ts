/**
 * The architecture as data: which folder may import what. The linter enforces it (`oxlint.config.ts`), and
 * `docs/architecture.md` prints it.
 */
export interface Layer {
  /** The files that it is about. A file belongs to the last layer that names it. */
  readonly files: string
  /** Imports that are refused, as regular expressions, and what to do instead. */
  readonly refuse: ReadonlyArray<readonly [pattern: string, instead: string]>
}

const processes = ["^((node:)?child_process|koffi)$", "Only packages/broker starts processes. Use a client."] as const
const pastTheDoor = [
  "^@spawnbroker/[^/]+/(src|dist|internal)|^[./]+/(packages/)?(protocol|broker|client|testing)/",
  "A package is entered by its index. Export there what is needed."
] as const
const anyNode = ["^node:", "This runs in browsers too, so it imports no Node module."] as const
const broker = ["^@spawnbroker/broker", "A client knows the broker only by the protocol."] as const
const client = ["^@spawnbroker/client", "The broker knows its clients only by the protocol."] as const
const gatewayClient = [
  "^@spawnbroker/client",
  "The gateway carries what clients say, and says nothing itself."
] as const
const anyPackage = ["^@spawnbroker/", "The protocol is below every other package."] as const
const workerRooms = [
  "/worker/",
  "The host and its worker share no code but `link`: what one imports is not loaded in the other."
] as const
const allButNode = [
  "^(effect|comlink|re2js|@spawnbroker)|/(host|worker)/",
  "The launcher stays small: it imports Node, `child` and `link`, and nothing else."
] as const
const allButLink = [
  "^(effect|comlink|re2js|koffi|piscina|@spawnbroker)|/(host|worker|child)/",
  "A thread of the pool starts fast and knows nothing: it imports Node and `link`, and nothing else."
] as const

export const layers: ReadonlyArray<Layer> = [
  { files: "**/*.{ts,tsx}", refuse: [processes, pastTheDoor] },
  { files: "packages/protocol/src/**", refuse: [processes, pastTheDoor, anyNode, anyPackage] },
  { files: "packages/client/src/**", refuse: [processes, pastTheDoor, anyNode, broker] },
  { files: "packages/gateway/src/**", refuse: [processes, pastTheDoor, gatewayClient] },
  { files: "apps/console/src/**", refuse: [processes, pastTheDoor, anyNode, broker] },
  { files: "packages/broker/src/**", refuse: [processes, pastTheDoor, client] },
  { files: "packages/broker/src/{Broker.ts,host/**}", refuse: [processes, pastTheDoor, client, workerRooms] },
  { files: "packages/broker/src/link/**", refuse: [processes, pastTheDoor, client, workerRooms] },
  { files: "packages/broker/src/pool/**", refuse: [processes, pastTheDoor, client, allButLink] },
  { files: "packages/broker/src/worker/spawn/{DirectSpawner,run-launcher}.ts", refuse: [pastTheDoor, client] },
  { files: "packages/broker/src/child/**", refuse: [pastTheDoor, client, allButNode] },
  { files: "packages/broker/src/launcher/**", refuse: [processes, pastTheDoor, client, allButNode] },
  // A project in the background outlives whoever starts it, which nothing that a broker starts may.
  { files: "packages/cli/src/project/start-in-background.ts", refuse: [pastTheDoor] },
  // The two places that measure what we are compared with. Nothing of ours is built on them.
  { files: "apps/demo/src/compare/baseline.ts", refuse: [pastTheDoor] },
  { files: "bench/src/subjects/**", refuse: [pastTheDoor] }
]
