/**
 * Starts the broker's thread, and knows when it is gone.
 */
import { BrokerUnavailable, type Connection, connectRemote, type Port, Subscriber } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { existsSync } from "node:fs"
import { resolve as absolute } from "node:path"
import { fileURLToPath } from "node:url"
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads"
import { entryFile } from "../link/entry-file.ts"
import { makeHeartbeat } from "../link/heartbeat.ts"
import { HostOperations } from "../link/host-operations.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import { watchHeartbeat } from "./watch-heartbeat.ts"

/**
 * What V8 may take for the young objects of the thread, in MiB; left alone, 48. Lower: more collections, which at 8 took a
 * fifteenth of the rate and moved what was soon garbage to the old objects, so that a host of many processes was larger, too.
 * Higher: more memory of a host that has been busy. Measured by `many` and `spawn-rate` in bench/.
 */
const YOUNG_OBJECTS_MB = 24

export interface WorkerThread {
  readonly connection: Connection<HostOperations>
  /** Of what happens there. */
  readonly subscriber: Subscriber
  /** Resolves once it has ended, or hangs, to words that say why. */
  readonly ended: Promise<string>
  /** Why no other is to follow it, if it has said so. */
  readonly lastWord: () => string | undefined
  /**
   * Ends the thread: by itself, once nobody holds it any more, or by force where that takes too long. Whoever wants its
   * children ended in order does that first.
   */
  readonly stop: (reason: BrokerUnavailable) => Effect.Effect<void>
}

export interface ThreadOptions {
  /** Of its file. A path, or a URL of the kind `file:`. */
  readonly location: URL | string | undefined
  /** How long its loop may stand still. */
  readonly hangTimeoutMs: number
  /** What V8 may take for its old objects. */
  readonly heapLimitMb: number | undefined
  /** What the thread tells beside its replies, from the moment on when it is ready. */
  readonly hear: (notice: WorkerNotice) => void
}

/** A running thread that has said it is ready. It is terminated when the scope closes. */
export const startWorker = (
  start: Omit<WorkerStart, "port" | "heartbeat" | "workerFile">,
  { location = entryFile("worker/main"), hangTimeoutMs, heapLimitMb, hear: hearNotice }: ThreadOptions
): Effect.Effect<WorkerThread, BrokerUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const file = yield* Effect.try({
      try: () => toPath(location),
      catch: () => new BrokerUnavailable({ reason: `\`workerUrl\` must be of a file, and is ${String(location)}` })
    })
    const run = Effect.runForkWith(yield* Effect.context())
    const { port1, port2 } = new MessageChannel()
    const heartbeat = makeHeartbeat()
    let lastWord: string | undefined
    const thread = yield* Effect.acquireRelease(
      Effect.try({
        try: () =>
          new Worker(file, {
            name: "spawnbroker",
            workerData: { ...start, workerFile: file, port: port2, heartbeat },
            transferList: [port2],
            // Node would close a second time, by its number, what a socket made of a descriptor has closed: by then perhaps
            // somebody else's.
            trackUnmanagedFds: false,
            resourceLimits: {
              maxYoungGenerationSizeMb: YOUNG_OBJECTS_MB,
              ...(heapLimitMb !== undefined && { maxOldGenerationSizeMb: heapLimitMb })
            },
            ...workerFlags()
          }),
        // It throws at once where the system gives no thread.
        catch: (cause) => new BrokerUnavailable({ reason: `its thread could not be started: ${String(cause)}` })
      }),
      (worker) => Effect.promise(() => worker.terminate())
    )
    const { promise: ended, resolve: end } = Promise.withResolvers<string>()
    thread.once("exit", (code) => end(`it exited with code ${code}`))
    yield* Effect.callback<void, BrokerUnavailable>((resume) => {
      const fail = (problem: string): void => {
        const reason = existsSync(file) ? problem : `there is no file ${file}; \`workerUrl\` says where its worker is`
        resume(Effect.fail(new BrokerUnavailable({ reason })))
      }
      // One listener for the thread's whole life, as an error that nobody listens for ends the host.
      thread.on("error", (cause) => {
        fail(`its thread failed: ${String(cause)}`)
        end(String(cause))
      })
      const hear = (notice: WorkerNotice): void => {
        if (notice._tag === "Ready") {
          // From here on the port carries replies, too, which are not for `exited` to take.
          thread.off("exit", exited)
          resume(Effect.void)
        }
        if (notice._tag === "Failed") fail(notice.reason)
        if (notice._tag === "Last") lastWord = notice.reason
        if (notice._tag === "Log") run(log(notice))
        hearNotice(notice)
      }
      const exited = (code: number): void => {
        // Its exit comes by another way than what it has said last, and may overtake that.
        const last = receiveMessageOnPort(port1) as { readonly message: WorkerNotice } | undefined
        if (last !== undefined) hear(last.message)
        fail(`its thread exited with code ${code}; \`workerUrl\` says which file it runs, and that is ${file}`)
      }
      port1.on("message", hear)
      thread.once("exit", exited)
    }).pipe(
      Effect.timeoutOrElse({
        duration: START_TIMEOUT,
        orElse: () =>
          Effect.fail(
            new BrokerUnavailable({
              reason: `its thread did not say within ${START_TIMEOUT} that it is ready; \`workerUrl\` says which file it runs, and that is ${file}`
            })
          )
      })
    )
    // From here on the host waits for calls that it makes, and for nothing else: neither thread nor port keeps it alive.
    thread.unref()
    const connection = connectRemote(HostOperations, port1 as unknown as Port)
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        watchHeartbeat(heartbeat, hangTimeoutMs, () => end(`it has stood still for ${hangTimeoutMs} ms`))
      ),
      (stopWatching) => Effect.sync(stopWatching)
    )
    const subscriber = new Subscriber(connection.call)
    return {
      connection,
      subscriber,
      ended,
      lastWord: () => lastWord,
      stop: (reason) => Effect.promise(() => stop(thread, connection, reason))
    }
  })

/** By the loggers of the host, which decide what is written, and how. */
const log = ({ level, message, part = "worker" }: WorkerNotice & { readonly _tag: "Log" }) =>
  (level === "Error" ? Effect.logError(message) : Effect.logWarning(message)).pipe(
    Effect.annotateLogs({ "spawnbroker.part": part })
  )

/** It takes a quarter of a second on an idle machine. */
const START_TIMEOUT = "30 seconds"

const toPath = (location: URL | string): string =>
  typeof location === "string" && !location.startsWith("file:") ? absolute(location) : fileURLToPath(location)

/** How long a thread that has nothing left to do may take to end. */
const STOP_TIMEOUT_MS = 2000

/** Without its port there is nothing left that keeps its loop alive. A thread cut off in the middle of its work is riskier. */
const stop = async (
  thread: Worker,
  connection: Connection<HostOperations>,
  reason: BrokerUnavailable
): Promise<void> => {
  const ended = new Promise((resolve) => thread.once("exit", resolve))
  thread.ref()
  connection.disconnect(reason)
  const impatience = setTimeout(() => void thread.terminate(), STOP_TIMEOUT_MS)
  // It may have ended before, and tell nobody any more; then it has no number.
  if (thread.threadId !== -1) await ended
  clearTimeout(impatience)
}

/** The thread has the flags of its host, but for one: a host that is fed to Node as text may say what kind, a file may not. */
const workerFlags = (): { readonly execArgv?: Array<string> } =>
  process.execArgv.some((flag) => flag.startsWith("--input-type")) ? { execArgv: [] } : {}
