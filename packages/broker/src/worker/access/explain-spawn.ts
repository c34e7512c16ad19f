import type { Explanation, SpawnSpec } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { authorize } from "./Authorizer.ts"
import type { Grant, Host } from "./Grant.ts"
import { type Redact, redactCommand, redactError } from "./redact.ts"

/** What a spawn would be answered, by what it is decided by, and what would run. Nothing is started. */
export const explainSpawn = (grant: Grant, host: Host, redact: Redact, spec: SpawnSpec): Explanation => {
  const decided = authorize(grant, host, spec)
  if (Result.isFailure(decided)) return { _tag: "Denied", error: redactError(redact, decided.failure) }
  const { request, rules } = decided.success
  const { file, argv0, cwd, env } = request
  const { args } = redactCommand(redact, spec)
  // Names only: a value may be a secret, or the host's.
  return { _tag: "Allowed", rules, file, argv: [argv0, ...args], cwd, env: Object.keys(env).toSorted() }
}
