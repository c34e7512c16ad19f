/**
 * What anything that spawns must do, seen through the public client. One suite for every implementation: real
 * processes, no mocks.
 */
import { layer } from "@effect/vitest"
import { Broker, type BrokerHandle, type BrokerOptions } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import { arrival } from "./arrival.ts"
import { attaching } from "./attach.ts"
import { background } from "./background.ts"
import { descriptors } from "./descriptors.ts"
import { messages } from "./messages.ts"
import { borrowed } from "./borrowed.ts"
import { outputBytes } from "./output-bytes.ts"
import { exitStatus } from "./exit-status.ts"
import { grandchildren } from "./grandchildren.ts"
import { inheritance } from "./inheritance.ts"
import { input } from "./input.ts"
import { interruption } from "./interruption.ts"
import { lifecycle } from "./lifecycle.ts"
import { limits } from "./limits.ts"
import { outputLines } from "./output-lines.ts"
import { pipelines } from "./pipelines.ts"
import { registry } from "./registry.ts"
import { sandbox, whyNoSandbox } from "./sandbox.ts"
import { shortage } from "./shortage.ts"
import { startFailures } from "./start-failures.ts"
import { stopping } from "./stopping.ts"
import { termination } from "./termination.ts"
import { tree } from "./tree.ts"
import { unread } from "./unread.ts"

export interface SpawnerSuiteOptions {
  readonly spawner: NonNullable<BrokerOptions["spawner"]>
  readonly launcherPath?: string
  /** The same broker, whose ports lead to it in another way. */
  readonly over?: (broker: BrokerHandle) => Effect.Effect<BrokerHandle, unknown, Scope.Scope>
}

export const spawnerSuite = (
  name: string,
  { spawner, launcherPath, over = Effect.succeed }: SpawnerSuiteOptions
): void =>
  layer(
    Layer.effect(
      Broker,
      Effect.orDie(Effect.flatMap(Broker.start({ spawner, launcherPath, policyWarnings: "ignore" }), over))
    ),
    { excludeTestServices: true, timeout: "60 seconds" }
  )(`spawner: ${name}`, (it) => {
    describe("exit status", () => exitStatus(it))
    describe("what cannot be started", () => startFailures(it))
    describe("shortage", () => shortage(it, spawner))
    describe("output", () => outputBytes(it))
    describe("chunks that are borrowed", () => borrowed(it))
    describe("output that nobody reads", () => unread(it))
    describe("the order of both outputs", () => arrival(it))
    describe("lines", () => outputLines(it))
    describe("input", () => input(it))
    describe("additional descriptors", () => descriptors(it))
    describe("messages", () => messages(it))
    describe("what a child inherits", () => inheritance(it))
    describe("pipelines", () => pipelines(it, spawner))
    describe("lifecycle", () => lifecycle(it))
    describe("registry", () => registry(it))
    describe("attach and detach", () => attaching(it))
    describe("background", () => background(it))
    describe("termination", () => termination(it))
    describe("grandchildren", () => grandchildren(it))
    describe("stopping", () => stopping(it))
    describe("tree", () => tree(it))
    describe("limits", () => limits(it))
    describe("sandbox", async () => {
      const reason = await whyNoSandbox(spawner)
      if (reason === undefined) sandbox(it)
      else it.effect.skip(`is not tried here. ${reason}`, () => Effect.void)
    })
    describe("interruption", () => interruption(it))
  })
