/** What has run, from the file of a history. */
import { type FactQuery, type HistoryFile, readHistoryFile } from "@spawnbroker/broker/history"
import {
  type BusEvent,
  commandLine,
  describeExit,
  type ExitStatus,
  type HistoryQuery,
  type HistoryRecord,
  type ProcessId,
  Signal
} from "@spawnbroker/protocol"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Json, print } from "../command/output.ts"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import { formatAge, layOut } from "../screen/describe.ts"
import { choosePaint, harmless, plain } from "../screen/paint.ts"

export interface HistoryInput {
  readonly file: string | undefined
  readonly subject: string | undefined
  readonly command: string | undefined
  readonly state: HistoryRecord["state"] | undefined
  readonly exit: string | undefined
  readonly since: string | undefined
  readonly until: string | undefined
  readonly text: string | undefined
  readonly contains: string | undefined
  readonly matches: string | undefined
  readonly ignoreCase: boolean
  readonly limit: number
  readonly output: ProcessId | undefined
  readonly facts: boolean
}

export const history = (input: HistoryInput) =>
  Effect.gen(function* () {
    const isJson = yield* Json
    const file = yield* readHistoryFile(input.file)
    if (input.output !== undefined) yield* showOutput(file, input.output, isJson)
    else if (input.facts) yield* showFacts(file, input, isJson)
    else yield* showRecords(file, input, isJson)
  }).pipe(Effect.scoped)

const showRecords = (file: HistoryFile, input: HistoryInput, isJson: boolean) =>
  Effect.gen(function* () {
    const records = file.records(yield* queryOf(input)).pipe(Stream.take(input.limit))
    if (isJson) yield* Stream.runForEach(records, (record) => Effect.sync(() => print(JSON.stringify(record))))
    else {
      const all = yield* Stream.runCollect(records)
      print(all.length === 0 ? "Nothing that fits." : table(all))
    }
  })

const queryOf = (input: HistoryInput): Effect.Effect<HistoryQuery, Failure> =>
  Effect.gen(function* () {
    const { subject, command, state, text, contains, matches, ignoreCase } = input
    if (contains !== undefined && matches !== undefined)
      return yield* wrong("--contains and --matches are one too many")
    const exit = input.exit === undefined ? undefined : yield* exitOf(input.exit)
    return {
      ...(subject !== undefined && { subject }),
      ...(command !== undefined && { command }),
      ...(state !== undefined && { states: [state] }),
      ...(exit !== undefined && { exit }),
      ...(text !== undefined && { text }),
      ...(contains !== undefined && { output: { contains, ignoreCase } }),
      ...(matches !== undefined && { output: { matches, ignoreCase } }),
      ...(yield* timesOf(input))
    }
  })

const timesOf = ({ since, until }: HistoryInput) =>
  Effect.gen(function* () {
    return {
      ...(since !== undefined && { since: yield* timeOf("since", since) }),
      ...(until !== undefined && { until: yield* timeOf("until", until) })
    }
  })

/** So long ago, or a date. */
const timeOf = (flag: string, text: string): Effect.Effect<number, Failure> => {
  const ago = Duration.fromInput(text as Duration.Input)
  if (Option.isSome(ago)) return Effect.succeed(Date.now() - Duration.toMillis(ago.value))
  const date = Date.parse(text)
  return Number.isNaN(date)
    ? wrong(`--${flag} is neither a duration such as "2 hours" nor a date such as 2030-01-31`)
    : Effect.succeed(date)
}

const isSignal = Schema.is(Signal)

const exitOf = (text: string): Effect.Effect<"success" | "failure" | ExitStatus, Failure> => {
  if (text === "success" || text === "failure") return Effect.succeed(text)
  if (isSignal(text)) return Effect.succeed({ _tag: "Signaled", signal: text })
  const code = /^\d{1,3}$/.test(text) ? Number(text) : 256
  return code > 255
    ? wrong("--exit is neither success, failure, a code from 0 to 255, nor the name of a signal")
    : Effect.succeed({ _tag: "Exited", code })
}

const wrong = (message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ exitCode: exitCodes.usage, message: `${message}.` }))

const paint = choosePaint(process.stdout, process.env)
const width = (): number => (process.stdout.isTTY ? process.stdout.columns : Infinity)

const table = (records: ReadonlyArray<HistoryRecord>): string =>
  layOut(
    ["ID", "STARTED", "FOR", "ENDED", "SUBJECT", "COMMAND"],
    records.map((record) => {
      const { id, startedAt, durationMs, exit, subject, command, args, found } = record
      const words = commandLine(command, args)
      return [
        { text: id },
        { text: showTime(startedAt) },
        { text: durationMs === undefined ? "-" : formatAge(durationMs) },
        {
          text: exit === undefined ? record.state : describeExit(exit),
          style: exit !== undefined && isFailure(exit) ? ("red" as const) : undefined
        },
        { text: harmless(subject, plain) },
        { text: harmless(found === undefined ? words : `${words}: ${found.line}`, plain) }
      ]
    }),
    paint,
    width()
  ).join("\n")

const isFailure = (exit: ExitStatus): boolean => exit._tag === "Signaled" || exit.code !== 0

/** `2030-01-31 13:05:07`, as the clock of this machine shows it. */
const showTime = (at: number): string => {
  const date = new Date(at)
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace("T", " ")
}

/** Each on its own stream. In a terminal nothing of it is a command to that. */
const showOutput = (file: HistoryFile, id: ProcessId, isJson: boolean) =>
  Effect.map(file.output(id), (outputs) => {
    if (isJson) {
      const streams = outputs.map(({ bytes, ...rest }) => ({ ...rest, text: Buffer.from(bytes).toString() }))
      return print(JSON.stringify({ id, outputs: streams }))
    }
    for (const { fd, bytes } of outputs) {
      const stream = fd === 2 ? process.stderr : process.stdout
      stream.write(stream.isTTY ? shown(bytes) : bytes)
    }
  })

const shown = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString()
    .split("\n")
    .map((line) => harmless(line, paint))
    .join("\n")

const showFacts = (file: HistoryFile, input: HistoryInput, isJson: boolean) =>
  Effect.gen(function* () {
    const { subject, limit } = input
    const query: FactQuery = { subject, ...(yield* timesOf(input)) }
    yield* file.facts(query).pipe(
      Stream.take(limit),
      Stream.runForEach((fact) => Effect.sync(() => print(isJson ? JSON.stringify(fact) : factLine(fact))))
    )
  })

const factLine = ({ _tag, seq: _seq, at, ...rest }: BusEvent): string => {
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  )
  return harmless([showTime(at), _tag, ...fields].join("  "), plain)
}
