/** Runs both hosts one after the other, each in a process of its own, and shows what each did to its main thread. */
import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, describeExit, isSuccess } from "@spawnbroker/client"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { basename, join } from "node:path"
import { awaitLeftovers, reportStop } from "../leftovers.ts"
import type { ExitCode } from "../run-to-exit.ts"
import { formatSeconds } from "../screen/format.ts"
import { Report } from "./Report.ts"
import { compareReports } from "./table.ts"
import { OUTPUT_BYTES, SPAWNS } from "./work.ts"

/** A host did not do what it should. */
class HostFailed extends Data.TaggedError("HostFailed")<{ readonly host: string; readonly problem: string }> {}

const hosts = {
  baseline: join(import.meta.dirname, "baseline.ts"),
  brokered: join(import.meta.dirname, "brokered.ts")
}

const HEAP_MB = 1024
/** What Node itself and the output on its way take on top, at most. */
const HEADROOM_MB = 512
const PATIENCE = "5 minutes"
const SIGN_OF_LIFE = "2 seconds"

export const compare = Effect.gen(function* () {
  const started = new Set<number>()
  const reports = yield* measure(started).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => reportStop(started))
  )
  const leftovers = yield* awaitLeftovers(started)
  for (const line of compareReports(reports)) say(line)
  if (leftovers.length > 0) say(`Left behind: ${leftovers.join(", ")}`)
  return (leftovers.length === 0 ? 0 : 1) satisfies ExitCode
})

const measure = (started: Set<number>) =>
  Effect.gen(function* () {
    const heapMb = affordableHeap()
    if (heapMb < HEAP_MB)
      say(`This machine has not enough free memory for a heap of ${HEAP_MB} MB; both hosts get ${heapMb} MB.`)
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const token = yield* broker.mint({
      subject: "demo",
      commands: [{ command: process.execPath, args: true }],
      env: { inherit: ["HOME"] }
    })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    return {
      baseline: yield* runHost(client, hosts.baseline, heapMb, started),
      brokered: yield* runHost(client, hosts.brokered, heapMb, started)
    }
  })

/** The heap that fits into what is free now, in MB: the full size, or a smaller power of two. */
const affordableHeap = (): number => {
  const freeMb = process.availableMemory() / 1024 / 1024
  return [HEAP_MB, 512, 256].find((mb) => mb + HEADROOM_MB < freeMb) ?? 128
}

const runHost = (client: ClientHandle, script: string, heapMb: number, started: Set<number>) =>
  Effect.gen(function* () {
    const host = basename(script, ".ts")
    const startedAt = performance.now()
    const note = (text: string): void =>
      say(`${formatSeconds(performance.now() - startedAt).padStart(7)}  ${host.padEnd(8)}  ${text}`)
    note("starts")
    const process = yield* client.spawn(globalThis.process.execPath, hostArguments(script, heapMb), {
      stdin: "ignore",
      timeout: PATIENCE
    })
    started.add(process.pid)
    yield* Effect.forkScoped(signsOfLife(note))
    const [text] = yield* Effect.all(
      [
        process.stdout.pipe(Stream.decodeText, Stream.mkString),
        Stream.runForEach(process.stderrLines, (line) => Effect.sync(() => note(line)))
      ],
      { concurrency: "unbounded" }
    )
    const exit = yield* process.exit
    if (!isSuccess(exit)) return yield* new HostFailed({ host, problem: `it ended with ${describeExit(exit)}` })
    return yield* readReport(host, text)
  }).pipe(Effect.scoped)

const hostArguments = (script: string, heapMb: number): ReadonlyArray<string> => [
  `--max-old-space-size=${heapMb + HEADROOM_MB}`,
  script,
  String(heapMb)
]

/** A host whose main thread stands still says nothing; this one does not stand still. */
const signsOfLife = (note: (text: string) => void): Effect.Effect<never> =>
  Effect.sync(() => note("is at work")).pipe(Effect.delay(SIGN_OF_LIFE), Effect.forever)

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(Report))

const readReport = (host: string, text: string): Effect.Effect<Report, HostFailed> =>
  decodeReport(text).pipe(
    Effect.mapError(({ message }) => new HostFailed({ host, problem: `its report is not one: ${message}` })),
    Effect.filterOrFail(
      ({ spawns, outputBytes }) => spawns === SPAWNS && outputBytes === OUTPUT_BYTES,
      ({ spawns, outputBytes }) =>
        new HostFailed({
          host,
          problem: `it did ${spawns} of ${SPAWNS} spawns and read ${outputBytes} of ${OUTPUT_BYTES} bytes`
        })
    )
  )

const say = (line: string): void => void process.stdout.write(`${line}\n`)
