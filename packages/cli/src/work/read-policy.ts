import type { BrokerHandle } from "@spawnbroker/broker"
import { InvalidArgument, Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { mistaken } from "../config/read-config.ts"
import { asFailure, type Failure } from "../Failure.ts"
import { findMistakes } from "../mistakes/find-mistakes.ts"
import { JsonFile } from "../mistakes/JsonFile.ts"
import { readPath } from "../mistakes/Mistake.ts"

/** A policy, and the file that it stands in. */
export interface PolicyFile {
  readonly policy: Policy
  readonly json: JsonFile
}

/** Reads a policy, or fails with everything that its schema finds wrong with it. */
export const readPolicy = (path: string): Effect.Effect<PolicyFile, Failure> =>
  Effect.try({
    try: () => {
      const json = JsonFile.read(path)
      const found = json.value === undefined ? [] : findMistakes(Policy, json.value)
      const mistakes = [...json.mistakes, ...found.map((mistake) => json.locate(mistake))]
      if (mistakes.length > 0) throw mistaken(mistakes)
      return { policy: json.value as Policy, json }
    },
    catch: asFailure
  })

/** The same, and what only the broker finds: expressions, places that do not exist, secrets that it does not have. */
export const checkPolicy = (broker: BrokerHandle, path: string) =>
  Effect.flatMap(readPolicy(path), ({ policy, json }) =>
    broker.check(policy).pipe(
      Effect.map((warnings) => ({ policy, json, warnings })),
      Effect.mapError(inFile(json))
    )
  )

/** An error of the broker as what it is about: a place in the file. */
export const inFile =
  (json: JsonFile) =>
  (error: unknown): Failure =>
    error instanceof InvalidArgument
      ? mistaken([json.locate({ path: readPath(error.argument), problem: error.problem })])
      : asFailure(error)
