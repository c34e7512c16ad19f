/** The program on @effect/platform-node: its commands are children of this thread. */
import { NodeServices } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import { program } from "./program.ts"

await Effect.runPromise(Effect.provide(program, NodeServices.layer))
