import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Remote } from "../derive/remote.ts"
import { findUnknownOption } from "../errors/find-unknown-option.ts"
import type { ProcessError } from "../errors/ProcessError.ts"
import type { DaemonOperations } from "../operations/daemons.ts"
import type { DaemonInfo } from "./DaemonInfo.ts"
import type { DaemonLogLine } from "./DaemonLogLine.ts"
import type { DaemonLogsOptions, Daemons, StartDaemonOptions, StopDaemonOptions } from "./Daemons.ts"

/** How long the broker holds an answer back while there is nothing new. Higher: fewer calls. It holds up nobody. */
const WAIT_MS = 20_000

/** The face of the daemons that one end of a connection has. */
export const makeDaemons = (call: Remote<DaemonOperations>): Daemons => {
  const changes = (name: string): Stream.Stream<DaemonInfo, ProcessError> =>
    Stream.unfold<number | undefined, DaemonInfo, ProcessError, never>(undefined, (after) =>
      nextChange(name, after).pipe(Effect.map((info) => [info, info.version] as const))
    )

  const nextChange = (name: string, after: number | undefined): Effect.Effect<DaemonInfo, ProcessError> =>
    after === undefined
      ? call.getDaemon({ name })
      : call
          .getDaemon({ name, after, waitMs: WAIT_MS })
          .pipe(Effect.repeat({ until: ({ version }) => version !== after }))

  const settle = (info: DaemonInfo, { until }: StartDaemonOptions): Effect.Effect<DaemonInfo, ProcessError> =>
    until === undefined || until === "accepted" || hasComeTo(info, until)
      ? Effect.succeed(info)
      : changes(info.name).pipe(
          Stream.filter((next) => hasComeTo(next, until)),
          Stream.runHead,
          Effect.map(Option.getOrElse(() => info))
        )

  const startAll: Daemons["startAll"] = (daemons, options = {}) =>
    checked(options, ["until"], () =>
      Effect.flatMap(call.startDaemons({ daemons }), (infos) =>
        Effect.forEach(infos, (info) => settle(info, options), { concurrency: "unbounded" })
      )
    )

  const stopAll = (
    names: ReadonlyArray<string> | undefined,
    options: StopDaemonOptions = {}
  ): Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError> =>
    checked(options, ["forget"], () =>
      call.stopDaemons({ ...(names !== undefined && { names }), forget: options.forget ?? false })
    )

  return {
    start: (daemon, options) => Effect.map(startAll([daemon], options), ([info]) => info!),
    startAll,
    stop: (name, options) => Effect.map(stopAll([name], options), ([info]) => info!),
    stopAll,
    restart: (name, options = {}) =>
      checked(options, ["until"], () =>
        Effect.flatMap(call.restartDaemons({ names: [name] }), ([info]) => settle(info!, options))
      ),
    list: () => call.listDaemons(),
    get: (name) => call.getDaemon({ name }),
    changes,
    logs: (name, options = {}) => logs(call, name, options)
  }
}

const logs = (
  call: Remote<DaemonOperations>,
  name: string,
  options: DaemonLogsOptions
): Stream.Stream<DaemonLogLine, ProcessError> => {
  const { replica, tail, follow = false } = options
  const mistake = findUnknownOption(options, ["replica", "tail", "follow"])
  if (mistake !== undefined) return Stream.fail(mistake)
  const read = (cursor: number | undefined) =>
    call.readDaemonLogs({
      name,
      ...(replica !== undefined && { replica }),
      ...(cursor === undefined ? tail !== undefined && { tail } : { cursor }),
      ...(follow && cursor !== undefined && { waitMs: WAIT_MS })
    })
  return Stream.paginate(undefined as number | undefined, (cursor) =>
    Effect.map(read(cursor), ({ lines, cursor: next }) => {
      const isOver = !follow && lines.length === 0
      return [lines, isOver ? Option.none() : Option.some<number | undefined>(next)] as const
    })
  )
}

/** Whether it is as far as somebody waits for, or will never be. */
const hasComeTo = ({ state }: DaemonInfo, until: "started" | "healthy"): boolean => {
  if (state === "started") return until === "started"
  return (
    state === "healthy" || state === "unhealthy" || state === "completed" || state === "failed" || state === "stopped"
  )
}

const checked = <A>(
  options: object,
  names: ReadonlyArray<string>,
  run: () => Effect.Effect<A, ProcessError>
): Effect.Effect<A, ProcessError> =>
  Effect.suspend(() => {
    const mistake = findUnknownOption(options, names)
    return mistake === undefined ? run() : Effect.fail<ProcessError>(mistake)
  })
