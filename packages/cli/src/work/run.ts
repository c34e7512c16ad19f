/** One command under a policy, with this process's own streams, as if it had been started here. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import type { ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { exitCodes } from "../exit-codes.ts"
import { asFailure, Failure } from "../Failure.ts"
import { exitAs } from "../process/exit-as.ts"
import { standIn } from "../process/stand-in.ts"
import { inFile, readPolicy } from "./read-policy.ts"

export interface RunInput {
  readonly policy: string
  readonly cwd: string | undefined
  readonly command: ReadonlyArray<string>
}

export const run = (input: RunInput): Effect.Effect<void, Failure> =>
  runToExit(input).pipe(
    Effect.scoped,
    Effect.mapError(asRunFailure),
    Effect.tap((status) => Effect.sync(() => exitAs(status))),
    Effect.asVoid
  )

const runToExit = ({ policy: file, cwd, command: [command, ...args] }: RunInput) =>
  Effect.gen(function* () {
    const { policy, json } = yield* readPolicy(file)
    const here = yield* standIn
    // Warnings are for whoever writes a policy: `policy check` has them.
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    // The streams are this command's to lend: whoever has started it could as well have written `| cat`.
    const token = yield* broker.mint({ ...policy, stdio: { inherit: true } }).pipe(Effect.mapError(inFile(json)))
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const child = yield* client.spawn(command!, args, {
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
      ...(cwd !== undefined && { cwd })
    })
    yield* here.for(child)
    return yield* child.exit
  })

/** As env(1) and timeout(1) exit, so that the codes of the command itself are not mistaken for those of this one. */
const asRunFailure = (error: ProcessError | Failure): Failure => {
  const { message, code, mistakes } = asFailure(error)
  const exitCode =
    error._tag === "NotFound"
      ? exitCodes.runNotFound
      : error._tag === "PermissionDenied" || error._tag === "SpawnFailed"
        ? exitCodes.runDenied
        : exitCodes.runFailed
  return new Failure({ exitCode, message, code, mistakes })
}
