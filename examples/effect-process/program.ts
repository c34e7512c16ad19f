/**
 * A runner of checks, written for `effect/process` alone: it knows of no platform and of no broker.
 *
 * Each check is a command with a time limit. Their output is prefixed with their names; a check may report its progress
 * on descriptor 3. What came of all of them is sorted and counted by a pipeline of commands.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Stream from "effect/Stream"

interface Check {
  readonly name: string
  readonly command: ChildProcess.Command
}

const progress = { additionalFds: { fd3: { type: "output" } } } as const

const checks: ReadonlyArray<Check> = [
  { name: "format", command: ChildProcess.make`echo ${"12 files, nothing to do"}` },
  {
    name: "types",
    command: ChildProcess.make("sh", ["-c", "echo 'a.ts: no such name' >&2; echo 'b.ts: no such name' >&2; exit 2"])
  },
  { name: "units", command: ChildProcess.make("sh", ["-c", "for n in 1 2 3; do echo $n/3 >&3; done"], progress) },
  { name: "bench", command: ChildProcess.make("sleep", ["1000"]) },
  { name: "stack", command: ChildProcess.make("sh", ["-c", "kill -SEGV $$"]) },
  { name: "links", command: ChildProcess.make("no-such-checker", ["--all"]) },
  {
    name: "words",
    command: ChildProcess.make("tr", ["-s", " ", "\n"], {
      stdin: Stream.make("one two  three").pipe(Stream.encodeText)
    })
  }
]

const TIME_LIMIT = "2 seconds"

/** Prints a stream line by line, each with the name of its check. */
const print = (name: string, bytes: Stream.Stream<Uint8Array, PlatformError>) =>
  bytes.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.runForEach((line) => Console.log(`${name}: ${line}`))
  )

/** What came of a check, in a word or two. */
const run = ({ name, command }: Check) =>
  Effect.gen(function* () {
    const child = yield* command
    const output = [print(name, child.all), print(`${name} (progress)`, child.getOutputFd(3))]
    const [code] = yield* Effect.all([child.exitCode, ...output], { concurrency: "unbounded" })
    return code === 0 ? "passed" : `failed with code ${code}`
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({ duration: TIME_LIMIT, orElse: () => Effect.succeed("took too long") }),
    Effect.catchTag("PlatformError", ({ reason }) =>
      Effect.succeed(reason._tag === "NotFound" ? "is not installed" : `broke (${reason.method})`)
    )
  )

/** Every outcome with how often it was, the most frequent first. */
const summary = (outcomes: ReadonlyArray<string>) =>
  ChildProcessSpawner.ChildProcessSpawner.use(({ lines }) => {
    const stdin = Stream.fromIterable(outcomes.map((outcome) => `${outcome}\n`)).pipe(Stream.encodeText)
    return lines(
      ChildProcess.make("sort", { stdin }).pipe(
        ChildProcess.pipeTo(ChildProcess.make("uniq", ["-c"])),
        ChildProcess.pipeTo(ChildProcess.make("sort", ["-k1,1rn", "-k2"]))
      )
    )
  })

export const program = Effect.gen(function* () {
  const outcomes: Array<string> = []
  for (const check of checks) {
    const outcome = yield* run(check)
    yield* Console.log(`${check.name} ${outcome}`)
    outcomes.push(outcome)
  }
  for (const line of yield* summary(outcomes)) yield* Console.log(line.trim())
})
