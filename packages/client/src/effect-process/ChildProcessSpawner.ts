/**
 * Effect's `ChildProcessSpawner` on a client: a program that is written with `ChildProcess` runs brokered by swapping one
 * Layer, and does what it does with @effect/platform-node's.
 *
 * What is the same is what the conformance suite of `packages/testing/src/effect-process` asks both Layers. What differs is
 * by intent, and listed in docs/guide/effect-process.md: what may run is the policy's to say, and nothing outlives the
 * broker.
 *
 * **Example** (a program for any spawner, on a client)
 *
 * ```ts
 * import { Broker } from "@spawnbroker/broker"
 * import { Client } from "@spawnbroker/client"
 * import * as Brokered from "@spawnbroker/client/ChildProcessSpawner"
 * import { Effect } from "effect"
 * import { ChildProcess, ChildProcessSpawner } from "effect/process"
 *
 * const countWords = Effect.gen(function*() {
 *   const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
 *   return yield* string(ChildProcess.make`printf ${"one two three"}`.pipe(ChildProcess.pipeTo(ChildProcess.make`wc -w`)))
 * })
 *
 * const program = Effect.gen(function*() {
 *   const broker = yield* Broker.start()
 *   const commands = [{ command: "printf", args: true as const }, { command: "wc", args: [["-w"]] }]
 *   const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint({ subject: "words", commands }))
 *   const words = yield* Effect.provide(countWords, Brokered.layer(client))
 *   words.trim() // => "3"
 * }).pipe(Effect.scoped)
 * ```
 */
import * as Layer from "effect/Layer"
import { ChildProcessSpawner, make as makeSpawner } from "effect/process/ChildProcessSpawner"
import { Client, type ClientHandle } from "../Client.ts"
import { spawnCommand } from "./spawn-command.ts"
import { spawnPipeline } from "./spawn-pipeline.ts"

/** The service on a client. */
export const make = (client: ClientHandle): ChildProcessSpawner["Service"] =>
  makeSpawner((command) =>
    command._tag === "StandardCommand" ? spawnCommand(client, command) : spawnPipeline(client, command)
  )

/** The service on a client that is connected already. Its processes end with its connection at the latest. */
export const layer = (client: ClientHandle): Layer.Layer<ChildProcessSpawner> =>
  Layer.succeed(ChildProcessSpawner, make(client))

/** The same, on the client of the context: `Layer.provide(layerClient, Client.layer(port, token))`. */
export const layerClient: Layer.Layer<ChildProcessSpawner, never, Client> = Layer.effect(
  ChildProcessSpawner,
  Client.useSync(make)
)
