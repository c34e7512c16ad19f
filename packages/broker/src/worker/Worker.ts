/**
 * What the worker thread is made of: the tokens, the sessions, the registry, the spawner.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { MessagePort } from "node:worker_threads"
import {
  BrokerUnavailable,
  type InvalidArgument,
  type InvalidToken,
  LimitExceeded,
  type Policy,
  type StopSteps,
  type Unsupported,
  policyWarnings
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { monotonicNow } from "../link/clock-start.ts"
import type { Lateness } from "../link/Lateness.ts"
import type { HostOperations, BrokerStats, ShutdownReport } from "../link/host-operations.ts"
import type { StoredToken } from "../link/StoredToken.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import { explainSpawn } from "./access/explain-spawn.ts"
import type { Grant, Host } from "./access/Grant.ts"
import { type Capability, isOf } from "./access/Capability.ts"
import { hostCapability } from "./access/host-capability.ts"
import { type Clock, makeClock } from "./access/Clock.ts"
import { FailedConnects } from "./access/FailedConnects.ts"
import { PolicyWarnings } from "./access/PolicyWarnings.ts"
import { parsePolicy } from "./access/parse-policy.ts"
import { listClients, listTokens } from "./access/look-at-access.ts"
import { makeRedact, type Redact } from "./access/redact.ts"
import { type Ending, TokenStore } from "./access/TokenStore.ts"
import type { AuditLog } from "./audit/AuditLog.ts"
import { Confinement } from "./confine/Confinement.ts"
import { Bus } from "./events/Bus.ts"
import { eventHandlers } from "./events/event-handlers.ts"
import { tellConnectRefused } from "./events/SessionNews.ts"
import { Subscriptions } from "./events/Subscriptions.ts"
import { Topics } from "./events/Topics.ts"
import { daemonHandlers } from "./daemons/daemon-handlers.ts"
import { DaemonDesk } from "./daemons/DaemonDesk.ts"
import { Daemons } from "./daemons/Daemons.ts"
import type { History } from "./history/History.ts"
import { HistoryDesk, historyHandlers } from "./history/HistoryDesk.ts"
import { HostStdio } from "./host-stdio/HostStdio.ts"
import type { Process } from "./process/Process.ts"
import { Quotas } from "./limits/Quotas.ts"
import { LiveUsage } from "./observe/LiveUsage.ts"
import { takeMetrics } from "./observe/take-metrics.ts"
import { reportOf } from "./terminate/report-shutdown.ts"
import { Deadline } from "./terminate/Deadline.ts"
import { Registry } from "./process/Registry.ts"
import type { Handlers } from "./session/serve.ts"
import { Session } from "./session/Session.ts"
import type { Spawner } from "./spawn/Spawner.ts"
import { Transforms } from "./transforms/Transforms.ts"

/** What a process gets at most whose token was revoked or has expired, whatever its client has asked for it. */
const REVOKED_GRACE_MS = 5000

/** Length of a derived policy, as JSON. Longer: a client can make the broker hold more of them. */
const MAX_DERIVED_POLICY_BYTES = 32 * 1024

/** Over the grace of a shutdown, for what is between a process's end and the last word on it. */
const SHUTDOWN_MARGIN_MS = 2000

type AttenuateError = InvalidArgument | InvalidToken | LimitExceeded | Unsupported

/** What of a start the worker itself needs. */
type WorkerOptions = Host & Pick<WorkerStart, "clockStart" | "incarnation" | "policyWarnings" | "previousEnd" | "pool">

/** Where what happens is written down. */
export interface WorkerRecords {
  readonly audit?: AuditLog | undefined
  readonly history?: History | undefined
}

/** What processes get at most that nobody may start any more without an audit. */
const UNAUDITED_GRACE_MS = 5000

/** How long a process gets at a shutdown to exit by itself, once its input has ended. Higher: one that does not care holds it up. */
const STDIN_MS = 100

/** How long a shutdown waits for the host to ask for the last facts, where it listens. */
const LAST_FACTS_MS = 250

export class Worker {
  readonly host: Host
  readonly incarnation: number
  readonly spawner: Spawner
  readonly clock: Clock
  readonly tokens: TokenStore
  readonly failedConnects: FailedConnects
  readonly registry = new Registry((capability) => this.tokens.endingOf(capability) !== undefined)
  readonly usage = new LiveUsage(
    () => new Set(this.registry.live.flatMap(({ pid, hasExited }) => (hasExited ? [] : (pid ?? []))))
  )
  readonly quotas = new Quotas()
  readonly confinement: Confinement
  readonly daemons = new Daemons(this)
  readonly hostStdio = new HostStdio()
  readonly transforms: Transforms
  readonly sessions = new Set<Session>()
  /** A text without the host's secrets. Whatever is told of arguments, or of what came from outside, goes through it. */
  readonly redact: Redact
  readonly bus: Bus
  readonly topics = new Topics()
  /** Of the host itself. */
  readonly #subscriptions: Subscriptions
  #desk: DaemonDesk | undefined
  readonly #deadline = new Deadline()
  #shuttingDown: Promise<ShutdownReport> | undefined
  readonly #audit: AuditLog | undefined
  readonly history: History | undefined
  readonly #historyDesk: HistoryDesk
  readonly #warnings: PolicyWarnings
  /** Of the loop of this thread. */
  readonly #lateness: Lateness
  /** Tells the host. */
  readonly notify: (notice: WorkerNotice) => void
  malformedMessages = 0

  constructor(
    start: WorkerOptions,
    spawner: Spawner,
    notify: (notice: WorkerNotice) => void,
    lateness: Lateness,
    { audit, history }: WorkerRecords = {}
  ) {
    const { clockStart, incarnation, policyWarnings: warnings, previousEnd, pool, ...host } = start
    this.#warnings = new PolicyWarnings(warnings, (message) => this.log("Warning", message))
    this.host = host
    this.incarnation = incarnation
    this.clock = makeClock(Date.now, monotonicNow, clockStart)
    this.tokens = new TokenStore(
      this.clock,
      (capability, ending) => this.#tokenOver(capability, ending),
      (capability) => this.#tokenNew(capability)
    )
    this.failedConnects = new FailedConnects(this.clock)
    this.redact = makeRedact(host.secrets)
    this.transforms = new Transforms(pool, this.redact)
    this.bus = new Bus(this.redact)
    this.#subscriptions = new Subscriptions(this.bus, this.topics, "everybody")
    this.#audit = audit
    this.#historyDesk = new HistoryDesk(history, "everybody")
    this.history = history
    for (const record of [audit, history?.log]) if (record !== undefined) this.bus.listen(record)
    if (previousEnd !== undefined) this.bus.tellRestarted(previousEnd)
    this.spawner = spawner
    this.#lateness = lateness
    this.notify = notify
    this.confinement = new Confinement(spawner, (message) => this.log("Warning", message))
  }

  /** Takes over the tokens of a worker that has died. One whose policy holds no longer (a directory has gone) is over. */
  restore(tokens: ReadonlyArray<StoredToken>): Effect.Effect<void> {
    return Effect.forEach(tokens, (token) => this.#restore(token), { discard: true })
  }

  #restore({ id, hash, policy, parent, mintedAt, expiresAt }: StoredToken): Effect.Effect<void> {
    const from = parent === undefined ? undefined : this.tokens.capabilityOf(parent)
    if (parent !== undefined && from === undefined) return Effect.void
    return Effect.match(this.#enforceable(policy, from?.grant), {
      onSuccess: (grant) =>
        this.tokens.restore({ tokenId: id, grant, parent: from, mintedAt, expiresAt }, Buffer.from(hash, "hex")),
      onFailure: ({ message }) => {
        this.notify({ _tag: "TokenEnded", id })
        const subject = from === undefined ? policy.subject : `${from.grant.subject}/${policy.subject}`
        this.bus.tell(undefined, () => ({ _tag: "TokenRevoked", subject, tokenId: id }))
        this.log(
          "Warning",
          `The token ${id} of ${policy.subject} is over, since its policy no longer holds: ${message}`
        )
      }
    })
  }

  /** Told to the host, so that it is good for the worker that follows, if this one dies. */
  #added(token: string, policy: Policy, parent?: Capability): string {
    const { tokenId, mintedAt, expiresAt, hash } = this.tokens.stored(token)
    this.notify({
      _tag: "TokenAdded",
      token: { id: tokenId, hash: hash.toString("hex"), policy, parent: parent?.tokenId, mintedAt, expiresAt }
    })
    return token
  }

  log(level: "Warning" | "Error", message: string): void {
    this.notify({ _tag: "Log", level, message: this.redact(message) })
  }

  readonly handlers: Handlers<HostOperations> = {
    mint: ({ policy }) =>
      Effect.map(this.#enforceable(policy), (grant) => {
        this.#warnings.report(policy)
        return this.#added(this.tokens.mint(grant), policy)
      }),
    check: ({ policy }) => Effect.map(this.#parse(policy), () => policyWarnings(policy)),
    explain: ({ policy, spec }) =>
      Effect.map(this.#parse(policy), (grant) => explainSpawn(grant, this.host, this.redact, spec)),
    identify: ({ token }) =>
      Effect.fromResult(this.tokens.check(token)).pipe(
        Effect.map(({ grant: { subject, observe } }) => ({ subject, observe })),
        Effect.tapError((error) => Effect.sync(() => tellConnectRefused(this.bus, token, error)))
      ),
    openPort: ({ port, via }) => Effect.sync(() => void this.sessions.add(new Session(this, port as MessagePort, via))),
    clients: () => Effect.sync(() => listClients(this)),
    tokens: () => Effect.sync(() => listTokens(this)),
    revoke: ({ token, kill }) => this.revoke(token, kill),
    revokeById: ({ id, kill }) => this.#revoke(() => this.tokens.revokeById(id), kill),
    note: (note) => Effect.sync(() => this.bus.tell(undefined, () => ({ _tag: "HostNoted", ...note }))),
    ...eventHandlers((run) => run(this.#subscriptions)),
    ...historyHandlers((run) => run(this.#historyDesk)),
    ...daemonHandlers((run) => run((this.#desk ??= new DaemonDesk(this, hostCapability(this.host))))),
    stats: () => Effect.sync(() => this.#stats),
    metrics: () => Effect.promise(() => takeMetrics(this, this.#lateness.taken, this.#audit?.stats)),
    shutdown: ({ graceMs }) => Effect.promise(() => this.#shutdown(graceMs))
  }

  /** A token that is derived from another. */
  attenuate(parent: Capability, policy: Policy): Effect.Effect<string, AttenuateError> {
    return Effect.gen({ self: this }, function* () {
      // Before anything is done for it.
      yield* Effect.fromResult(this.tokens.mayDerive(parent))
      if (JSON.stringify(policy).length > MAX_DERIVED_POLICY_BYTES) {
        return yield* new LimitExceeded({ limit: "policyBytes", maximum: MAX_DERIVED_POLICY_BYTES })
      }
      const grant = yield* this.#enforceable(policy, parent.grant)
      return this.#added(yield* Effect.fromResult(this.tokens.derive(parent, grant)), policy, parent)
    })
  }

  /** Ends a token, and its processes if `kill`. `by`: who may end only what was derived from its own. */
  revoke(token: string, kill: boolean, by?: Capability): Effect.Effect<void, InvalidToken> {
    return this.#revoke(() => this.tokens.revoke(token, by), kill)
  }

  #revoke(end: () => Result.Result<string, InvalidToken>, kill: boolean): Effect.Effect<void, InvalidToken> {
    return Effect.flatMap(
      Effect.suspend(() => Effect.fromResult(end())),
      (tokenId) =>
        Effect.promise(async () => {
          const left = kill ? this.registry.live.filter(({ owner }) => isOf(owner, tokenId)) : []
          await Promise.all([
            kill && this.#endDaemons((owner) => isOf(owner, tokenId)),
            ...left.map((process) => process.end("revoked", { withinMs: REVOKED_GRACE_MS }))
          ])
        })
    )
  }

  /** What a policy grants, if this machine can enforce it. */
  #enforceable(policy: Policy, parent?: Grant): Effect.Effect<Grant, InvalidArgument | Unsupported> {
    return Effect.tap(this.#parse(policy, parent), (grant) => this.confinement.check(grant))
  }

  #parse(policy: Policy, parent?: Grant): Effect.Effect<Grant, InvalidArgument> {
    return Effect.suspend(() => Effect.fromResult(parsePolicy(policy, this.host, parent)))
  }

  #tokenNew(capability: Capability): void {
    const { parent } = capability
    this.bus.tellOf(capability, { _tag: "TokenMinted", ...(parent && { parent: parent.tokenId }) })
  }

  /** Ends the sessions of a token and of all that were derived from it, and the processes that are not to outlive it. */
  #tokenOver(capability: Capability, ending: Ending): void {
    const { tokenId, parent } = capability
    this.notify({ _tag: "TokenEnded", id: tokenId })
    this.bus.tellOf(capability, { _tag: ending === "revoked" ? "TokenRevoked" : "TokenExpired" })
    for (const session of this.sessions) {
      if (session.capability !== undefined && isOf(session.capability, tokenId)) session.tokenOver(ending)
    }
    if (parent === undefined) this.registry.tokenOver(tokenId)
    this.daemons.tokenOver()
    if (ending === "revoked") return
    void this.#endDaemons((owner) => owner.grant.expiry === "end" && isOf(owner, tokenId))
    for (const process of this.registry.live) {
      if (process.owner.grant.expiry === "end" && isOf(process.owner, tokenId)) {
        void process.end("revoked", { withinMs: REVOKED_GRACE_MS })
      }
    }
  }

  #endDaemons(isMeant: (owner: Capability) => boolean): Promise<void> {
    return Effect.runPromise(this.daemons.endOf(isMeant, REVOKED_GRACE_MS))
  }

  get #stats(): BrokerStats {
    const { other: _, ...bytes } = this.registry.bytes
    return {
      spawner: this.spawner.kind,
      launchers: this.spawner.launchers,
      processes: { live: this.registry.live.length, total: this.registry.total },
      sessions: this.sessions.size,
      tokens: this.tokens.size,
      malformedMessages: this.malformedMessages,
      pool: this.transforms.stats,
      ...(this.#audit && { audit: this.#audit.stats }),
      ...(this.history && { history: this.history.log.stats }),
      bytes,
      resources: countBy(process.getActiveResourcesInfo())
    }
  }

  /** Ends everything, since what it does can no longer be written down and the host has said that it must be. */
  async endUnaudited(): Promise<void> {
    const reason = "its audit cannot be written and is `required`"
    this.notify({ _tag: "Last", reason })
    this.log("Error", `The broker ends itself, since ${reason}.`)
    await this.#shutdown(UNAUDITED_GRACE_MS)
  }

  /** Whoever asks for it again can only hurry it. */
  #shutdown(graceMs: number): Promise<ShutdownReport> {
    this.#deadline.bring(graceMs)
    if (this.#shuttingDown !== undefined) {
      for (const each of this.registry.live) if (each.isEnding) void each.end("shutdown", { withinMs: graceMs })
    }
    return (this.#shuttingDown ??= this.#shutDown())
  }

  /** Refuses what is new, ends what runs, says goodbye, and gives everything back. */
  async #shutDown(): Promise<ShutdownReport> {
    this.registry.close()
    this.tokens.close()
    const live = this.registry.live.filter(({ request }) => request.survives !== true)
    const running = live.filter((process) => !process.hasExited)
    const daemons = this.daemons.list(() => true)
    const ended = Promise.all([
      Effect.runPromise(this.daemons.shutdown(this.#deadline)),
      ...live.filter((each) => !this.daemons.owns(each)).map((each) => this.#endInOrder(each))
    ])
    await this.#deadline.waitFor(ended, SHUTDOWN_MARGIN_MS)
    for (const session of this.sessions) session.close()
    await this.hostStdio.close()
    this.confinement.close()
    await this.transforms.close()
    await this.spawner.close()
    this.#subscriptions.close(new BrokerUnavailable({ reason: "it was shut down" }))
    await Promise.race([this.#subscriptions.drained, sleep(LAST_FACTS_MS, undefined, { ref: false })])
    await Promise.all([this.#audit?.close(), this.history?.close()])
    return reportOf(running, daemons)
  }

  /** What waits for its input alone needs no signal. */
  #endInOrder(process: Process): Promise<void> {
    const steps: StopSteps = [{ _tag: "CloseStdin", forMs: STDIN_MS }, ...process.spec.stop]
    return process.end("shutdown", { steps, withinMs: this.#deadline.leftMs })
  }
}

const countBy = (names: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
