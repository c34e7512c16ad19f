import type { SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import type { ClientName } from "../policies.ts"
import { expect, type Job, Unexpected } from "./Job.ts"

interface Attempt {
  readonly name: string
  readonly client: ClientName
  readonly command: string
  readonly args?: ReadonlyArray<string>
  readonly options?: SpawnOptions
  /** The rule that must be named. */
  readonly rule: string
}

/** Each would do no harm if it were allowed. */
const attempts: ReadonlyArray<Attempt> = [
  {
    name: "a command that was not granted",
    client: "guest",
    command: "cat",
    args: ["/etc/hostname"],
    rule: "commands"
  },
  {
    name: "an argument that fits no pattern",
    client: "guest",
    command: "sleep",
    args: ["infinity"],
    rule: "commands[0].args"
  },
  {
    name: "an option that writes",
    client: "reader",
    command: "find",
    args: [".", "-type", "f", "-name", "a", "-delete"],
    rule: "commands[0].args"
  },
  { name: "a command denied by name", client: "builder", command: "sudo", args: ["--version"], rule: "deny[0]" },
  {
    name: "a variable that may not be set",
    client: "reader",
    command: "env",
    options: { env: { LD_PRELOAD: "x.so" } },
    rule: "env.set"
  },
  { name: "a directory outside the roots", client: "reader", command: "env", options: { cwd: "/" }, rule: "cwd" },
  {
    name: "the host's own terminal",
    client: "builder",
    command: "env",
    options: { stdout: "inherit" },
    rule: "stdio.inherit"
  }
]

/** What the policies do not allow. Each attempt must fail with code 4001 and name the rule. */
export const denialJobs = (): ReadonlyArray<Job> => [...attempts.map(deniedAttempt), strangersProcess]

const deniedAttempt = ({ name, client, command, args, options, rule }: Attempt): Job => ({
  name,
  group: "denials",
  client,
  run: (desk) =>
    Effect.gen(function* () {
      const denial = yield* desk.refused(command, args, options)
      yield* expect(denial.rule === rule, `the rule is ${denial.rule}, not ${rule}`)
      return `${denial.code} ${denial._tag}: ${denial.message}`
    })
})

/** SIGCONT, which would do nothing. A process that is not the client's own is to it as if it did not exist. */
const strangersProcess: Job = {
  name: "a process that is not its own",
  group: "denials",
  client: "guest",
  run: (desk) =>
    Effect.gen(function* () {
      const error = yield* desk.client
        .kill({ pid: process.pid as never }, { signal: "SIGCONT" })
        .pipe(
          Effect.andThen(Effect.fail(new Unexpected({ problem: "it was allowed" }))),
          Effect.catchTag("ProcessNotFound", Effect.succeed)
        )
      desk.refusals.push(error)
      return `${error.code} ${error._tag}: ${error.message}`
    })
}
