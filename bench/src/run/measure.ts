import { type ClientHandle, describeExit, isSuccess, type ProcessError } from "@spawnbroker/client"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fileURLToPath } from "node:url"
import type { BallastName } from "../instruments/ballast.ts"
import type { Size } from "../scenarios/Scenario.ts"
import type { ScenarioName } from "../scenarios/index.ts"
import { type SubjectName, subjects } from "../subjects/index.ts"
import { benchFolder } from "./connect.ts"
import { runtimes } from "./runtimes.ts"

/** A host did not measure what it was asked to. */
export class HostFailed extends Data.TaggedError("HostFailed")<{ readonly host: string; readonly problem: string }> {
  override get message(): string {
    return `${this.host}: ${this.problem}`
  }
}

export interface Measurement {
  readonly scenario: ScenarioName
  readonly subject: SubjectName
  readonly ballast: BallastName
  readonly size: Size
}

const host = fileURLToPath(new URL("../host.ts", import.meta.url))

const decodeFigures = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Struct({ figures: Schema.Record(Schema.String, Schema.Finite) }))
)

/** One measurement, in a process of its own. */
export const measure = (
  client: ClientHandle,
  { scenario, subject, ballast, size }: Measurement
): Effect.Effect<Readonly<Record<string, number>>, HostFailed | ProcessError> =>
  Effect.gen(function* () {
    const { binary, options } = runtimes[subjects[subject].runtime]
    const failed = (problem: string) => new HostFailed({ host: `${scenario}, ${subject}, ${ballast}`, problem })
    const { exit, stdout, stderr } = yield* client.run(binary, [...options, host, scenario, subject, ballast, size], {
      cwd: benchFolder,
      timeout: "3 minutes"
    })
    if (!isSuccess(exit)) return yield* failed(`${describeExit(exit)}\n${stderr}`)
    const { figures } = yield* Effect.mapError(decodeFigures(stdout), ({ message }) => failed(message))
    return figures
  })
