import { type DaemonSpec, type ProcessError, Unsupported } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { authorize } from "../access/Authorizer.ts"
import { authorizeDaemonFiles } from "../access/authorize-daemon.ts"
import type { Capability } from "../access/Capability.ts"
import { redactError } from "../access/redact.ts"
import type { Worker } from "../Worker.ts"
import { spawnSpecOf } from "./launch-daemon.ts"
import { compileLogProbe, execSpecOf } from "./make-probes.ts"

/**
 * Whether a client may have what a specification says, and it can be had here. Each start is authorised again; the variables
 * of a file are asked for once it is read.
 */
export const checkDaemon = (
  { host, redact }: Worker,
  { grant }: Capability,
  spec: DaemonSpec
): Effect.Effect<void, ProcessError> =>
  Effect.gen(function* () {
    const { readiness, liveness } = spec
    yield* Effect.fromResult(authorizeDaemonFiles(grant, spec))
    yield* Effect.fromResult(compileLogProbe(spec))
    const probes = [readiness, liveness].filter((probe) => probe !== undefined)
    const spawns = [spawnSpecOf(spec), ...probes.flatMap((probe) => ("exec" in probe ? [execSpecOf(spec, probe)] : []))]
    for (const spawn of spawns) {
      yield* Effect.fromResult(Result.mapError(authorize(grant, host, spawn), (error) => redactError(redact, error)))
    }
    if (grant.sandbox === undefined) return
    if (spec.persistent === true) yield* notInSandbox
    if (!grant.sandbox.network && probes.some((probe) => "http" in probe || "tcp" in probe)) yield* noNetwork
  })

const notInSandbox = new Unsupported({
  feature: "a persistent daemon under a policy with a `sandbox`",
  hint: "What is in a sandbox does not outlive its broker. Leave out `persistent`, or run it under a policy without a sandbox."
})

const noNetwork = new Unsupported({
  feature: "a probe by `http` or `tcp` under a policy whose `sandbox` has no network",
  hint: "The daemon cannot be reached from outside of it. Use `exec` or `log`, or set `sandbox.network: true`."
})
