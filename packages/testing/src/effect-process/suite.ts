/**
 * What a `ChildProcessSpawner` of `effect/process` does, as far as a program can see it. One suite for every Layer; what
 * @effect/platform-node's does is what is expected.
 *
 * Left out is what is an accident there: a start that fails with certain errnos (`E2BIG`, `ENOTDIR`) is a defect, so only
 * that it fails is asked for; what a reader finds after another has stopped in the middle is not asked at all.
 */
import { layer as layerSuite } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import type { ChildProcessSpawner } from "effect/process"
import { describe } from "vitest"
import { descriptors } from "./descriptors.ts"
import { environment } from "./environment.ts"
import { exit } from "./exit.ts"
import { input } from "./input.ts"
import { output } from "./output.ts"
import { pipelines } from "./pipelines.ts"
import { shell } from "./shell.ts"
import { start } from "./start.ts"
import { startFailures } from "./start-failures.ts"
import { termination } from "./termination.ts"

export const effectProcessSuite = (
  name: string,
  layer: Layer.Layer<ChildProcessSpawner.ChildProcessSpawner, unknown>
): void =>
  layerSuite(layer, { excludeTestServices: true, timeout: "60 seconds" })(`effect/process: ${name}`, (it) => {
    describe("start", () => start(it))
    describe("what cannot be started", () => startFailures(it))
    describe("environment and directory", () => environment(it))
    describe("shell", () => shell(it))
    describe("exit", () => exit(it))
    describe("output", () => output(it))
    describe("input", () => input(it))
    describe("further descriptors", () => descriptors(it))
    describe("pipelines", () => pipelines(it))
    describe("termination", () => termination(it))
  })
