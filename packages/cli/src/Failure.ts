import { ProcessError } from "@spawnbroker/protocol"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { exitCodes } from "./exit-codes.ts"
import type { Mistake } from "./mistakes/Mistake.ts"

/** Why a command ends with another code than 0: what is said of it, to a person and to a program. */
export class Failure extends Data.TaggedError("Failure")<{
  readonly exitCode: number
  /** For people. Nothing, where all has been said. */
  readonly message: string
  /** The tag of the error behind it. */
  readonly code?: string | undefined
  readonly mistakes?: ReadonlyArray<Mistake> | undefined
}> {}

const exitCodeOf = ({ _tag }: ProcessError): number => {
  if (_tag === "BrokerUnavailable") return exitCodes.unavailable
  return _tag === "PermissionDenied" || _tag === "InvalidToken" ? exitCodes.denied : exitCodes.failure
}

/** All has been said, and it is not as it was asked for. */
export const failIf = (isSo: boolean, exitCode: number): Effect.Effect<void, Failure> =>
  isSo ? Effect.fail(new Failure({ exitCode, message: "" })) : Effect.void

const isProcessError = Schema.is(ProcessError)

/** An error of the broker as the end of a command. */
export const toFailure = (error: ProcessError, exitCode = exitCodeOf(error)): Failure =>
  new Failure({ exitCode, message: error.message, code: error._tag })

/** Whatever a command fails with, as its end. */
export const asFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  if (isProcessError(error)) return toFailure(error)
  return new Failure({ exitCode: exitCodes.failure, message: error instanceof Error ? error.message : String(error) })
}
