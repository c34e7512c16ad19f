/**
 * What the bus is told of one client's calls that are about other processes than a new one, or about tokens.
 */
import {
  codes,
  type InvalidArgument,
  InvalidToken,
  type LimitExceeded,
  type ProcessId,
  type ProcessTarget,
  type Signal,
  type Unsupported
} from "@spawnbroker/protocol"
import type { Capability } from "../access/Capability.ts"
import { parseToken } from "../access/tokens.ts"
import type { Bus } from "./Bus.ts"
import { reasonOf } from "./reason-of.ts"

type TokenError = InvalidToken | InvalidArgument | LimitExceeded | Unsupported

export class SessionNews {
  readonly #bus: Bus
  readonly #capability: Capability

  constructor(bus: Bus, capability: Capability) {
    this.#bus = bus
    this.#capability = capability
  }

  signaled(operation: "kill" | "stop", id: ProcessId, signal: Signal | undefined): void {
    this.#bus.tellOf(this.#capability, {
      _tag: "ProcessSignaled",
      id,
      operation,
      ...(signal !== undefined && { signal })
    })
  }

  /** Told alike of a process that is another's and of one that there is not: who asks may hear of it. */
  notTheirs(operation: string, rule: "observe" | "kill", process: ProcessTarget): void {
    const target = "id" in process ? process.id : `PID ${process.pid}`
    const code = codes.ProcessNotFound
    this.#bus.tellOf(this.#capability, { _tag: "PermissionDenied", operation, rule, code, target })
  }

  tokenRefused(operation: "attenuate" | "revoke", error: TokenError): void {
    this.#bus.tellOf(this.#capability, { _tag: "TokenRefused", operation, error: error._tag, ...reasonOf(error) })
  }
}

/** Tells of a token that was presented in vain. Which one it was is believed of one whose secret was right. */
export const tellConnectRefused = (bus: Bus, token: string, error: TokenError): void =>
  bus.tell(undefined, () => {
    const wasGood = error instanceof InvalidToken && error.reason !== "unknown"
    const tokenId = wasGood ? parseToken(token)?.id : undefined
    const id = tokenId === undefined ? {} : { tokenId }
    return { _tag: "ConnectRefused", error: error._tag, ...reasonOf(error), ...id }
  })
