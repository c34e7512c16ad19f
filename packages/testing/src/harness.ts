/**
 * What every test stands on: a broker, a client with a policy that allows the commands of the suites, and the fixtures.
 *
 * Every process that a test client starts carries a mark in its environment, and so do its descendants, wherever they
 * end up in the process tree. `living` finds them by it, so a test sees its own processes and nobody else's.
 */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Broker } from "@spawnbroker/broker"
import {
  Client,
  type ClientHandle,
  type ProcessError,
  type ProcessHandle,
  type SpawnOptions
} from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { bearing, MARK, type ProcessFacts } from "./leaks.ts"

/** The Node of this test run, which also runs the fixtures. */
export const node = process.execPath

/** Allows everything that the suites run, everywhere. What a test is about, it narrows. */
export const testPolicy: Policy = {
  subject: "conformance",
  commands: [
    "sh",
    "cat",
    "head",
    "env",
    "printf",
    "sleep",
    "true",
    "seq",
    "yes",
    "wc",
    "sha256sum",
    "setpriv",
    "prlimit",
    "readlink",
    "pwd",
    "tr",
    node
  ].map((command) => ({ command, args: true as const })),
  cwd: ["/"]
}

export interface TestClient extends ClientHandle {
  /** The capability that it presented. */
  readonly token: string
  /** The processes of this client, and their descendants, that are alive at this moment. */
  readonly living: Effect.Effect<ReadonlyArray<ProcessFacts>>
}

/** A client of its own connection, token and mark. `policy` replaces parts of {@link testPolicy}. */
export const connect = (policy: Partial<Policy> = {}): Effect.Effect<TestClient, ProcessError, Broker | Scope.Scope> =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const mark = randomUUID()
    const env = { ...policy.env, values: { ...policy.env?.values, [MARK]: mark } }
    const token = yield* broker.mint({ ...testPolicy, ...policy, env })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    return { ...client, token, living: Effect.sync(() => bearing(mark)) }
  })

/** The path of an executable of `fixtures/`. */
export const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

/** The path of a host of `hosts/`: a program that has a broker of its own, so that it can be starved or killed. */
export const host = (name: string): string => fileURLToPath(new URL(`./hosts/${name}`, import.meta.url))

/** Starts a fixture. It is a program of a few lines whose name says what it does. */
export const spawnFixture = (
  client: ClientHandle,
  name: string,
  args: ReadonlyArray<string> = [],
  options: SpawnOptions = {}
) => client.spawn(node, [fixture(name), ...args], options)

/** Starts a line of shell, for what a shell says best. */
export const spawnScript = (client: ClientHandle, script: string, options: SpawnOptions = {}) =>
  client.spawn("sh", ["-c", script], options)

/** Waits until a process has printed a whole line, and reads no further. What comes with it in one chunk is read, too. */
export const waitForLine = (process: ProcessHandle<"stdout">, line: string): Effect.Effect<void, ProcessError> =>
  process.stdoutLines.pipe(
    Stream.filter((candidate) => candidate === line),
    Stream.runHead,
    Effect.tap((found) =>
      found._tag === "None" ? Effect.die(new Error(`it ended without the line ${JSON.stringify(line)}`)) : Effect.void
    ),
    Effect.asVoid
  )

/** What a process prints on stdout, as text, to its end. */
export const stdoutText = (process: ProcessHandle<"stdout">): Effect.Effect<string, ProcessError> =>
  process.stdout.pipe(Stream.decodeText, Stream.mkString)

export const stderrText = (process: ProcessHandle<"stderr">): Effect.Effect<string, ProcessError> =>
  process.stderr.pipe(Stream.decodeText, Stream.mkString)

/** A directory for one scope. */
export const temporaryDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "conformance-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** How long a condition gets. It ends only what would hang; nothing that works comes near it. */
const PATIENCE = "30 seconds"

/**
 * Waits for what no event tells (the state of another process): looks until the condition holds, or dies with what was
 * seen last.
 */
export const eventually = <A, E, R>(
  reason: string,
  look: Effect.Effect<A, E, R>,
  holds: (seen: A) => boolean
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    let last: A | undefined
    return look.pipe(
      Effect.tap((seen) => Effect.sync(() => (last = seen))),
      Effect.repeat({ until: holds, schedule: Schedule.spaced("10 millis") }),
      Effect.timeoutOrElse({
        duration: PATIENCE,
        orElse: () => Effect.die(new Error(`it never came to this: ${reason}. Seen last: ${JSON.stringify(last)}`))
      })
    )
  })
