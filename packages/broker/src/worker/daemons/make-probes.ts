import type { DaemonSpec, InvalidArgument, LivenessProbe } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { environmentOf, marksOf, type ReplicaOf, spawnSpecOf } from "./launch-daemon.ts"
import { execProbe } from "./probes/exec-probe.ts"
import { httpProbe } from "./probes/http-probe.ts"
import { lineMatcher } from "./probes/log-probe.ts"
import { type Check, timingOf } from "./probes/Probe.ts"
import { tcpProbe } from "./probes/tcp-probe.ts"
import type { Readiness, ReplicaOptions } from "./Replica.ts"

const LOOPBACK = "127.0.0.1"

/** What looks for the line that says that a daemon is ready; none where something else does. */
export const compileLogProbe = ({
  readiness
}: DaemonSpec): Result.Result<Extract<Readiness, { readonly matches: unknown }> | undefined, InvalidArgument> => {
  if (readiness === undefined || !("log" in readiness)) return Result.succeed(undefined)
  const { match, stream } = readiness.log
  return Result.map(lineMatcher(match), (matches) => ({
    // The outputs of a persistent daemon cannot be told apart.
    matches: (from, text) => (stream === undefined || from === stream || from === "output") && matches(text)
  }))
}

/** What a probe of a specification is for one replica. */
export const makeProbe = (of: ReplicaOf, probe: LivenessProbe): NonNullable<ReplicaOptions["liveness"]> => ({
  check: checkOf(of, probe),
  timing: timingOf(probe)
})

const checkOf = (of: ReplicaOf, probe: LivenessProbe): Check => {
  const { worker, owner, replica, spec } = of
  if ("tcp" in probe) return tcpProbe(probe.tcp.host ?? LOOPBACK, probe.tcp.port + replica - 1)
  if ("http" in probe)
    return httpProbe(probe.http.host ?? LOOPBACK, probe.http.port + replica - 1, probe.http.path ?? "/")
  return environmentOf(of).pipe(
    Effect.mapError(() => "its file of variables cannot be read"),
    Effect.flatMap((fileEnv) => execProbe(worker, owner, execSpecOf(spec, probe, fileEnv), marksOf(of)))
  )
}

/** What is asked of the authorizer: the command of a probe, where and with what the daemon runs. */
export const execSpecOf = (
  spec: DaemonSpec,
  { exec: { command, args = [] } }: Extract<LivenessProbe, { readonly exec: unknown }>,
  fileEnv: Readonly<Record<string, string>> = {}
) => ({
  ...spawnSpecOf(spec, fileEnv),
  command,
  args,
  stdout: "ignore" as const,
  stderr: "ignore" as const,
  stop: []
})
