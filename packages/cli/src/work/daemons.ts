/** What the commands do that look at a project that is up, and change it. Each is a client of its broker. */
import { describeExit, type ProcessInfo, ProcessId, type Signal } from "@spawnbroker/protocol"
import type { ClientHandle, DaemonLogsOptions } from "@spawnbroker/client"
import type { DaemonInfo, DaemonLogLine, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { answer, Json, print } from "../command/output.ts"
import { exitCodes } from "../exit-codes.ts"
import { failIf } from "../Failure.ts"
import { awaitUnlocked } from "../project/lock-project.ts"
import { askProject, connectProject, findPlace } from "../project/reach-project.ts"
import { daemonColumns, daemonRows, formatAge, layOut } from "../screen/describe.ts"
import { choosePaint, harmless } from "../screen/paint.ts"
import { makePrefix } from "../screen/plain.ts"

const paint = choosePaint(process.stdout, process.env)
const width = (): number => (process.stdout.isTTY ? process.stdout.columns : Infinity)

const table = (infos: ReadonlyArray<DaemonInfo>): string => {
  const now = Date.now()
  const rows = infos.flatMap((info) => daemonRows(info, now))
  return layOut(daemonColumns, rows, paint, width()).join("\n")
}

export const ps = (config: string | undefined, isAll: boolean) =>
  Effect.gen(function* () {
    const client = yield* connectProject(config)
    const daemons = yield* client.daemons.list()
    const processes = isAll ? yield* client.list() : []
    yield* answer({ daemons, ...(isAll && { processes }) }, () =>
      [daemons.length === 0 ? "No daemons." : table(daemons), ...(isAll ? ["", processTable(processes)] : [])].join(
        "\n"
      )
    )
  }).pipe(Effect.scoped)

const processTable = (processes: ReadonlyArray<ProcessInfo>): string =>
  layOut(
    ["ID", "STATE", "PID", "SUBJECT", "FOR", "COMMAND"],
    processes.map(({ id, state, exit, pid, subject, elapsedMs, command, args }) => [
      { text: id },
      { text: exit === undefined ? state : describeExit(exit) },
      { text: pid === undefined ? "-" : String(pid) },
      { text: subject },
      { text: formatAge(elapsedMs) },
      { text: harmless([command, ...args].join(" "), (text) => text) }
    ]),
    paint,
    width()
  ).join("\n")

export interface LogsInput {
  readonly config: string | undefined
  readonly names: ReadonlyArray<string>
  readonly follow: boolean
  readonly tail: number | undefined
}

export const logs = ({ config, names, follow, tail }: LogsInput) =>
  Effect.gen(function* () {
    const client = yield* connectProject(config)
    const isJson = yield* Json
    const all = names.length > 0 ? names : (yield* client.daemons.list()).map(({ name }) => name)
    const prefix = makePrefix(paint, all)
    const show = (name: string, line: DaemonLogLine): void =>
      print(isJson ? JSON.stringify({ name, ...line }) : `${prefix(name)}${harmless(line.text, paint)}`)
    const options = { follow, ...(tail !== undefined && { tail }) }
    yield* follow
      ? Effect.forEach(
          all,
          (name) =>
            Stream.runForEach(client.daemons.logs(name, options), (line) => Effect.sync(() => show(name, line))),
          { concurrency: "unbounded", discard: true }
        )
      : Effect.map(inOrder(client, all, options), (lines) => lines.forEach(({ name, line }) => show(name, line)))
  }).pipe(Effect.scoped)

/** All lines in the order in which they came, whoever wrote them. */
const inOrder = (client: ClientHandle, names: ReadonlyArray<string>, options: DaemonLogsOptions) =>
  Effect.map(
    Effect.forEach(names, (name) =>
      Effect.map(Stream.runCollect(client.daemons.logs(name, options)), (lines) =>
        lines.map((line) => ({ name, line }))
      )
    ),
    (books) => books.flat().toSorted((one, other) => one.line.at - other.line.at)
  )

type Change = (client: ClientHandle, name: string) => Effect.Effect<DaemonInfo, ProcessError>

/** Does something to daemons, one after the other, and answers what has become of them. */
const change = (config: string | undefined, names: ReadonlyArray<string>, act: Change) =>
  Effect.gen(function* () {
    const client = yield* connectProject(config)
    const infos = yield* Effect.forEach(names, (name) => act(client, name))
    yield* answer({ daemons: infos }, () => table(infos))
    yield* failIf(
      infos.some(({ state }) => state === "failed"),
      exitCodes.failure
    )
  }).pipe(Effect.scoped)

export const restart = (config: string | undefined, names: ReadonlyArray<string>, wait: boolean) =>
  change(config, names, (client, name) => client.daemons.restart(name, { until: wait ? "healthy" : "started" }))

export const start = (config: string | undefined, names: ReadonlyArray<string>, wait: boolean) =>
  change(config, names, (client, name) => client.daemons.start(name, { until: wait ? "healthy" : "started" }))

export const stop = (config: string | undefined, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const client = yield* connectProject(config)
    const infos = yield* client.daemons.stopAll(names)
    yield* answer({ daemons: infos }, () => table(infos))
  }).pipe(Effect.scoped)

const isProcessId = Schema.is(ProcessId)

/** Signals a process by its broker's name for it, or all that a daemon has. */
export const kill = (config: string | undefined, targets: ReadonlyArray<string>, signal: Signal) =>
  Effect.gen(function* () {
    const client = yield* connectProject(config)
    const ids = yield* Effect.forEach(targets, (target) =>
      isProcessId(target)
        ? Effect.succeed([target])
        : Effect.map(client.daemons.get(target), ({ replicas }) => replicas.flatMap(({ processId }) => processId ?? []))
    )
    const all = ids.flat()
    yield* Effect.forEach(all, (id) => client.kill({ id }, { signal }))
    yield* answer({ signal, processes: all }, () => (all.length === 0 ? "None of them runs." : ""))
  }).pipe(Effect.scoped)

export const down = (config: string | undefined, hurry: boolean) =>
  Effect.gen(function* () {
    const place = yield* findPlace(config)
    const report = yield* askProject(place, { _tag: "Down", hurry })
    yield* awaitUnlocked(place.lockFile)
    yield* answer(report, () => "The project is down.")
  })
