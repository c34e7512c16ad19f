import { BrokerUnavailable, durationMillis, TransformName } from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { availableParallelism } from "node:os"
import { fileURLToPath, pathToFileURL } from "node:url"
import { resolve } from "node:path"
import { entryFile } from "../link/entry-file.ts"
import type { PoolStart, TransformStart } from "../link/worker-start.ts"

/** A transform of the host's own. */
export interface OwnTransform {
  /** Where its module is: a URL of the kind `file:`, or a path. See `TransformModule` for what it exports. */
  readonly module: URL | string
  /**
   * How long one step may take, half a megabyte of input at most, before its thread is ended.
   * @default "2 seconds"
   */
  readonly stepTimeout?: Duration.Input | undefined
}

/** The threads in which transforms run, and whatever else must hold up nobody. None is started before it is needed. */
export interface PoolOptions {
  /**
   * Threads at most. Half of them are for transforms that are built in; each serves many streams.
   * @default the number of cores, 2 at least, 4 at most
   */
  readonly threads?: number | undefined
  /**
   * What each may have on its heap, in MiB, what is garbage by then included, before it is ended. Bytes are not on the heap. It
   * is looked at every 25 ms, so for a moment there can be more.
   * @default 128
   */
  readonly memoryMb?: number | undefined
  /**
   * How long a thread that has nothing to do is kept.
   * @default "10 seconds"
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * The file of such a thread, where a bundler has put it: an entry of its own, made from `@spawnbroker/broker/pool`. A path, or
   * a URL of the kind `file:`.
   * @default the one in this package
   */
  readonly url?: URL | string | undefined
}

const MAX_THREADS = 64
const MIN_MEMORY_MB = 16

/** The options with their defaults, or what is wrong with them. */
export const decodeTransforms = (
  transforms: Readonly<Record<string, OwnTransform>> = {},
  options: PoolOptions = {}
): Effect.Effect<PoolStart, BrokerUnavailable> => {
  const {
    threads = Math.min(Math.max(availableParallelism(), 2), 4),
    memoryMb = 128,
    idleTimeout = "10 seconds"
  } = options
  if (!Number.isInteger(threads) || threads < 2 || threads > MAX_THREADS)
    return wrong(`\`pool.threads\` must be a whole number from 2 to ${MAX_THREADS}`)
  if (!Number.isInteger(memoryMb) || memoryMb < MIN_MEMORY_MB)
    return wrong(`\`pool.memoryMb\` must be a whole number, at least ${MIN_MEMORY_MB}`)
  const unnamed = Object.keys(transforms).find((name) => !Schema.is(TransformName)(name))
  if (unnamed !== undefined)
    return wrong(
      `\`transforms\` has a name that is none: ${JSON.stringify(unnamed)}; letters, digits, \`.\`, \`_\` and \`-\``
    )
  return Effect.try({
    try: () => ({
      file: toPath(options.url ?? entryFile("pool/main")),
      maxThreads: threads,
      memoryMb,
      idleMs: durationMillis(idleTimeout),
      transforms: Object.fromEntries(Object.entries(transforms).map(([name, own]) => [name, toStart(own)]))
    }),
    catch: (cause) =>
      new BrokerUnavailable({
        reason: `\`pool.url\`, and \`module\` of each of \`transforms\`, must be of a file: ${String(cause)}`
      })
  })
}

const toStart = ({ module, stepTimeout = "2 seconds" }: OwnTransform): TransformStart => ({
  module: pathToFileURL(toPath(module)).href,
  stepMs: durationMillis(stepTimeout)
})

const toPath = (location: URL | string): string =>
  typeof location === "string" && !location.startsWith("file:") ? resolve(location) : fileURLToPath(location)

const wrong = (reason: string): Effect.Effect<never, BrokerUnavailable> =>
  Effect.fail(new BrokerUnavailable({ reason }))
