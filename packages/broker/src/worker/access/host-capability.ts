/**
 * What the host may do where it acts for itself, and not through a client: everything that its user may.
 *
 * It has no token. Nobody can present one, since there is no secret that fits.
 */
import type { DaemonSpec, Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import type { Capability } from "./Capability.ts"
import type { Host } from "./Grant.ts"
import { HOST_TOKEN_ID } from "./host-token.ts"
import { parsePolicy } from "./parse-policy.ts"

/**
 * The host as the owner of a daemon: that may run what it says, with the whole environment of the broker, and use the files that
 * it names. Without a daemon: only as somebody who sees and ends everything.
 */
export const hostCapability = (host: Host, spec?: DaemonSpec): Capability => {
  const policy: Policy = {
    subject: "host",
    cwd: ["/"],
    // A variable that decides which code runs is covered by its exact name and by nothing else.
    env: { inherit: Object.keys(host.env), set: ["*", ...Object.keys(spec?.env ?? {})] },
    daemons: { files: ["/"] },
    observe: "all",
    kill: "all"
  }
  const commands = spec === undefined ? [] : commandsOf(spec).map((command) => ({ command, args: "any" as const }))
  const grant = { ...Result.getOrThrow(parsePolicy(policy, host)), commands }
  return { tokenId: HOST_TOKEN_ID, grant, parent: undefined, mintedAt: Date.now(), expiresAt: Infinity }
}

const commandsOf = ({ command, readiness, liveness }: DaemonSpec): ReadonlyArray<string> => [
  command,
  ...[readiness, liveness].flatMap((probe) => (probe !== undefined && "exec" in probe ? [probe.exec.command] : []))
]
