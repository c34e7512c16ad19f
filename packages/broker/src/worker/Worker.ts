/**
 * What the worker thread is made of: the tokens, the sessions, the registry, the spawner.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { MessagePort } from "node:worker_threads"
import { type InvalidArgument, type InvalidToken, LimitExceeded, type Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { HostOperations, BrokerStats, ShutdownReport } from "../link/host-operations.ts"
import type { WorkerNotice } from "../link/worker-start.ts"
import { explainSpawn } from "./access/explain-spawn.ts"
import type { Grant, Host } from "./access/Grant.ts"
import { type Capability, isOf } from "./access/Capability.ts"
import { makeClock } from "./access/Clock.ts"
import { FailedConnects } from "./access/FailedConnects.ts"
import { parsePolicy } from "./access/parse-policy.ts"
import { makeRedact, type Redact } from "./access/redact.ts"
import { type Ending, TokenStore } from "./access/TokenStore.ts"
import { Daemons } from "./daemons/Daemons.ts"
import { HostStdio } from "./host-stdio/HostStdio.ts"
import { Registry } from "./process/Registry.ts"
import type { Handlers } from "./session/serve.ts"
import { Session } from "./session/Session.ts"
import type { Spawner } from "./spawn/Spawner.ts"

/** What a process gets at most whose token was revoked or has expired, whatever its client has asked for it. */
const REVOKED_GRACE_MS = 5000

/** Length of a derived policy, as JSON. Longer: a client can make the broker hold more of them. */
const MAX_DERIVED_POLICY_BYTES = 32 * 1024

/** Over the grace of a shutdown, for what is between a process's end and the last word on it. */
const SHUTDOWN_MARGIN_MS = 2000

export class Worker {
  readonly host: Host
  readonly spawner: Spawner
  readonly clock = makeClock()
  readonly tokens = new TokenStore(this.clock, (capability, ending) => this.#tokenOver(capability, ending))
  readonly failedConnects = new FailedConnects(this.clock)
  readonly registry = new Registry((capability) => this.tokens.endingOf(capability) !== undefined)
  readonly daemons = new Daemons(this)
  readonly hostStdio = new HostStdio()
  readonly sessions = new Set<Session>()
  /** A text without the host's secrets. Whatever is told of arguments, or of what came from outside, goes through it. */
  readonly redact: Redact
  readonly #notify: (notice: WorkerNotice) => void
  malformedMessages = 0

  constructor(host: Host, spawner: Spawner, notify: (notice: WorkerNotice) => void) {
    this.host = host
    this.redact = makeRedact(host.secrets)
    this.spawner = spawner
    this.#notify = notify
  }

  log(level: "Warning" | "Error", message: string): void {
    this.#notify({ _tag: "Log", level, message: this.redact(message) })
  }

  readonly handlers: Handlers<HostOperations> = {
    mint: ({ policy }) => Effect.map(this.#parse(policy), (grant) => this.tokens.mint(grant)),
    explain: ({ policy, spec }) =>
      Effect.map(this.#parse(policy), (grant) => explainSpawn(grant, this.host, this.redact, spec)),
    openPort: ({ port }) => Effect.sync(() => void this.sessions.add(new Session(this, port as MessagePort))),
    revoke: ({ token, kill }) => this.revoke(token, kill),
    stats: () => Effect.sync(() => this.#stats),
    shutdown: ({ graceMs }) => Effect.promise(() => this.#shutdown(graceMs))
  }

  /** A token that is derived from another. */
  attenuate(parent: Capability, policy: Policy): Effect.Effect<string, InvalidArgument | InvalidToken | LimitExceeded> {
    return Effect.gen({ self: this }, function* () {
      // Before anything is done for it.
      yield* Effect.fromResult(this.tokens.mayDerive(parent))
      if (JSON.stringify(policy).length > MAX_DERIVED_POLICY_BYTES) {
        return yield* new LimitExceeded({ limit: "policyBytes", maximum: MAX_DERIVED_POLICY_BYTES })
      }
      const grant = yield* this.#parse(policy, parent.grant)
      return yield* Effect.fromResult(this.tokens.derive(parent, grant))
    })
  }

  /** Ends a token, and its processes if `kill`. `by`: who may end only what was derived from its own. */
  revoke(token: string, kill: boolean, by?: Capability): Effect.Effect<void, InvalidToken> {
    return Effect.flatMap(Effect.fromResult(this.tokens.revoke(token, by)), (tokenId) =>
      Effect.promise(async () => {
        const left = kill ? this.registry.live.filter(({ owner }) => isOf(owner, tokenId)) : []
        await Promise.all([
          kill && this.#endDaemons((owner) => isOf(owner, tokenId)),
          ...left.map((process) => process.end("revoked", { withinMs: REVOKED_GRACE_MS }))
        ])
      })
    )
  }

  #parse(policy: Policy, parent?: Grant): Effect.Effect<Grant, InvalidArgument> {
    return Effect.suspend(() => Effect.fromResult(parsePolicy(policy, this.host, parent)))
  }

  /** Ends the sessions of a token and of all that were derived from it, and the processes that are not to outlive it. */
  #tokenOver({ tokenId, parent }: Capability, ending: Ending): void {
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
    const bytes = { stdin: 0, stdout: 0, stderr: 0 }
    for (const { info } of this.registry.all) {
      bytes.stdin += info.bytes.stdin
      bytes.stdout += info.bytes.stdout
      bytes.stderr += info.bytes.stderr
    }
    return {
      spawner: this.spawner.kind,
      processes: { live: this.registry.live.length, total: this.registry.total },
      sessions: this.sessions.size,
      tokens: this.tokens.size,
      malformedMessages: this.malformedMessages,
      bytes,
      resources: countBy(process.getActiveResourcesInfo())
    }
  }

  /** Refuses what is new, ends what runs, says goodbye, and gives everything back. */
  async #shutdown(graceMs: number): Promise<ShutdownReport> {
    this.registry.close()
    this.tokens.close()
    const live = this.registry.live.filter(({ request }) => request.survives !== true)
    const running = live.filter((process) => !process.hasExited)
    const ended = Promise.all([
      Effect.runPromise(this.daemons.shutdown(graceMs)),
      ...live.filter((each) => !this.daemons.owns(each)).map((each) => each.end("shutdown", { withinMs: graceMs }))
    ])
    await Promise.race([ended, sleep(graceMs + SHUTDOWN_MARGIN_MS, undefined, { ref: false })])
    for (const session of this.sessions) session.close()
    await this.hostStdio.close()
    await this.spawner.close()
    const killed = running.filter(
      ({ status }) => status.exit?._tag === "Signaled" && status.exit.signal === "SIGKILL"
    ).length
    return { stopped: running.length - killed, killed }
  }
}

const countBy = (names: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
