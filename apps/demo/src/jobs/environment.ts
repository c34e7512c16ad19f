import * as Effect from "effect/Effect"
import { SECRET_NAME } from "../policies.ts"
import { expect, type Job } from "./Job.ts"

/**
 * What of the host's environment a child gets to see. The host holds a secret. The builder's policy names it, so the
 * builder has it, which proves that it was there to be had; the reader's policy does not.
 */
export const environmentJobs = (secret: string): ReadonlyArray<Job> => [
  {
    name: "the reader does not get the host's secret",
    group: "environment",
    client: "reader",
    run: (desk) =>
      Effect.gen(function* () {
        const { stdout } = yield* desk.run("env")
        yield* expect(
          !stdout.includes(secret) && !stdout.includes(SECRET_NAME),
          `${SECRET_NAME} is in the reader's environment`
        )
        const names = namesOf(stdout)
        // The second is the broker's mark, by which it finds the descendants of its children.
        yield* expect(names.join() === "PATH,SPAWNBROKER_ID", `the environment has more: ${names.join(", ")}`)
        return `${SECRET_NAME} is absent: the environment has ${names.join(", ")} and nothing else`
      })
  },
  {
    name: "the builder gets what its policy names",
    group: "environment",
    client: "builder",
    run: (desk) =>
      Effect.gen(function* () {
        const { stdout } = yield* desk.run("env", [], { env: { DEMO_GREETING: "hello" } })
        const lines = new Set(stdout.split("\n"))
        yield* expect(lines.has(`${SECRET_NAME}=${secret}`), `${SECRET_NAME} was granted, and is absent`)
        yield* expect(lines.has("DEMO_GREETING=hello"), "the variable that it set is absent")
        return `${SECRET_NAME} is there, and so is what it set itself`
      })
  }
]

const namesOf = (environment: string): ReadonlyArray<string> =>
  environment
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(0, line.indexOf("=")))
