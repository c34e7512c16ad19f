import { describeExit } from "../process/ExitStatus.ts"
import type { DaemonReason } from "./DaemonInfo.ts"

type Words = { readonly [T in DaemonReason["_tag"]]: (reason: Extract<DaemonReason, { readonly _tag: T }>) => string }

const words: Words = {
  Exited: ({ exit }) =>
    exit === undefined ? "it has exited, nobody knows how" : `it has exited: ${describeExit(exit)}`,
  NotStarted: ({ message }) => `it could not be started: ${message}`,
  NotReady: ({ timeoutMs, lastProbe }) =>
    `it was not ready within ${timeoutMs} ms${lastProbe === undefined ? "" : `; the last probe: ${lastProbe}`}`,
  NotAlive: ({ lastProbe }) => `its liveness probe has failed: ${lastProbe}`,
  NotReadyAnyMore: ({ lastProbe }) => `its readiness probe has failed: ${lastProbe}`,
  GaveUp: ({ restarts, windowMs, last }) =>
    `it was restarted ${restarts} times within ${windowMs} ms, and would be again: ${last}`,
  DependencyFailed: ({ dependency, condition }) => `${dependency}, which it depends on, will not be ${condition}`,
  RunsElsewhere: ({ pid }) =>
    `its PID file names the process ${pid}, which runs and is not this broker's; end it, or take the file away`,
  BrokerRestarted: () => "the broker's thread has died and was replaced, and it has ended with that",
  TokenOver: () => "the token with which it was started is revoked or has expired"
}

/** The words for a reason: what happened, and why. */
export const describeReason = (reason: DaemonReason): string =>
  (words[reason._tag] as (reason: DaemonReason) => string)(reason)
