/**
 * A replica on the clock of the test. Processes are scripted here, since it is the times between them that are looked at; with
 * real ones it is tested through the client.
 */
import { assert, describe, it } from "@effect/vitest"
import type { DaemonReason, DaemonState, ExitStatus } from "@spawnbroker/protocol"
import { Pid } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import type { StoredReplica } from "../../../src/link/StoredDaemon.ts"
import type { Launch, LaunchHooks } from "../../../src/worker/daemons/Incarnation.ts"
import type { Check, ProbeTiming } from "../../../src/worker/daemons/probes/Probe.ts"
import { Replica, type ReplicaOptions } from "../../../src/worker/daemons/Replica.ts"

/** One process of the script. */
interface Scripted {
  readonly exit: (status: ExitStatus) => Effect.Effect<void>
  readonly say: LaunchHooks["onLine"]
  readonly hasEnded: () => boolean
}

interface Script {
  readonly launch: Launch
  readonly processes: Array<Scripted>
}

const makeScript = (): Script => {
  const processes: Array<Scripted> = []
  const launch: Launch = (hooks) =>
    Effect.gen(function* () {
      const exited = Deferred.makeUnsafe<void>()
      let status: ExitStatus | undefined
      let ended = false
      yield* Effect.addFinalizer(() => Effect.sync(() => (ended = true)))
      processes.push({
        exit: (how) =>
          Effect.andThen(
            Effect.sync(() => (status = how)),
            Deferred.succeed(exited, undefined)
          ),
        say: hooks.onLine,
        hasEnded: () => ended
      })
      return {
        pid: Pid.make(processes.length),
        processId: undefined,
        isAdopted: false,
        stalePid: undefined,
        exited: Deferred.await(exited),
        exit: () => status
      }
    })
  return { launch, processes }
}

interface Supervised extends Script {
  readonly replica: Replica
  /** Each state it has come to. */
  readonly states: ReadonlyArray<DaemonState>
  /** What the next worker would know of it. */
  readonly stored: ReadonlyArray<StoredReplica>
}

const failed: ExitStatus = { _tag: "Exited", code: 1 }

const rules: ReplicaOptions["rules"] = {
  hasReadiness: false,
  restart: "on-failure",
  maxRestarts: 10,
  windowMs: 600_000,
  successExitCodes: [0],
  isPersistent: false
}

const supervise = (options: Partial<ReplicaOptions> = {}): Effect.Effect<Supervised, never, Scope.Scope> =>
  Effect.gen(function* () {
    const script = makeScript()
    const states: Array<DaemonState> = []
    const stored: Array<StoredReplica> = []
    const replica: Replica = yield* Replica.make({
      replica: 1,
      rules,
      resetAfterMs: 60_000,
      startTimeoutMs: 60_000,
      readiness: undefined,
      liveness: undefined,
      dependencies: Effect.void,
      launch: script.launch,
      restart: undefined,
      onChange: (from) => from !== undefined && states.push(replica.state),
      onStored: (news) => stored.push(news),
      ...options
    })
    if (options.stored === undefined) replica.start()
    else replica.resume()
    yield* settle
    return { ...script, replica, states, stored }
  })

/** Lets everything happen that waits for no time. */
const settle = Effect.repeat(Effect.yieldNow, { times: 50 })

const pass = (time: number): Effect.Effect<void> => Effect.andThen(TestClock.adjust(time), settle)

const fail = (supervised: Supervised): Effect.Effect<void> =>
  Effect.andThen(supervised.processes.at(-1)!.exit(failed), settle)

/** A probe whose answer the test decides. */
const makeProbe = (timing: Partial<ProbeTiming> = {}) => {
  const answer = { isGood: false, looks: 0 }
  const check: Check = Effect.suspend(() => {
    answer.looks++
    return answer.isGood ? Effect.void : Effect.fail("not yet")
  })
  const always: ProbeTiming = {
    initialDelay: 0,
    startingPeriod: "1 second",
    period: "10 seconds",
    timeout: "5 seconds",
    successThreshold: 1,
    failureThreshold: 3,
    ...timing
  }
  return { answer, probe: { check, timing: always } }
}

const ready: Partial<ReplicaOptions> = { rules: { ...rules, hasReadiness: true } }

describe("a replica", () => {
  it.effect("that fails again and again is started after 1, 2, 4, 8 and then 10 seconds", () =>
    Effect.gen(function* () {
      const restart = { delay: "1 second", factor: 2, maxDelay: "10 seconds", jitter: false }
      const supervised = yield* supervise({ restart })
      for (const [failures, seconds] of [1, 2, 4, 8, 10, 10].entries()) {
        yield* fail(supervised)
        assert.strictEqual(supervised.replica.state, "backoff")
        yield* pass(seconds * 1000 - 1)
        assert.strictEqual(supervised.processes.length, failures + 1)
        yield* pass(1)
        assert.strictEqual(supervised.processes.length, failures + 2)
        assert.strictEqual(supervised.replica.state, "healthy")
      }
    })
  )

  it.effect("says when it will be started, up to a fifth earlier or later, and never later than the longest time", () =>
    Effect.gen(function* () {
      const restart = { delay: "10 seconds", factor: 1, maxDelay: "11 seconds" }
      const supervised = yield* supervise({ restart, rules: { ...rules, maxRestarts: 1000 } })
      const pauses = new Set<number>()
      for (let failures = 0; failures < 50; failures++) {
        yield* fail(supervised)
        const { since, nextStartAt } = supervised.replica.info
        pauses.add(nextStartAt! - since)
        yield* pass(12_000)
      }
      assert.isAbove(pauses.size, 10)
      for (const pause of pauses) assert.isTrue(pause >= 8000 && pause <= 11_000, String(pause))
    })
  )

  it.effect("that was well for long begins with the first pause again", () =>
    Effect.gen(function* () {
      const restart = { delay: "1 second", factor: 2, jitter: false }
      const supervised = yield* supervise({ restart, resetAfterMs: 60_000 })
      for (const seconds of [1, 2, 4]) {
        yield* fail(supervised)
        yield* pass(seconds * 1000)
      }
      yield* pass(59_999)
      yield* fail(supervised)
      yield* pass(8000)
      assert.strictEqual(supervised.replica.state, "healthy")
      yield* pass(60_000)
      yield* fail(supervised)
      yield* pass(1000)
      assert.strictEqual(supervised.replica.state, "healthy")
    })
  )

  it.effect("that fails too often within the window is given up, and says why", () =>
    Effect.gen(function* () {
      const restart = { delay: "1 second", factor: 1, jitter: false }
      const supervised = yield* supervise({ restart, rules: { ...rules, maxRestarts: 3, windowMs: 60_000 } })
      for (let restarts = 1; restarts <= 3; restarts++) {
        yield* fail(supervised)
        yield* pass(1000)
      }
      yield* fail(supervised)
      const { state, reason, restarts } = supervised.replica.info
      assert.deepStrictEqual([state, reason?._tag, restarts], ["failed", "GaveUp", 3])
      yield* pass(3_600_000)
      assert.strictEqual(supervised.processes.length, 4)
    })
  )

  it.effect("is not started again before everything of its last incarnation is gone", () =>
    Effect.gen(function* () {
      const supervised = yield* supervise({ restart: { delay: "1 second", jitter: false } })
      yield* fail(supervised)
      assert.isTrue(supervised.processes[0]!.hasEnded())
      yield* pass(1000)
      assert.strictEqual(supervised.processes.length, 2)
      assert.isFalse(supervised.processes[1]!.hasEnded())
      yield* supervised.replica.stop()
      assert.isTrue(supervised.processes[1]!.hasEnded())
    })
  )

  it.effect("that never becomes ready is ended once its start timeout is over, with what the last probe said", () =>
    Effect.gen(function* () {
      const { answer, probe } = makeProbe()
      const supervised = yield* supervise({ ...ready, readiness: probe, startTimeoutMs: 30_000 })
      yield* pass(29_999)
      assert.strictEqual(supervised.replica.state, "started")
      assert.strictEqual(answer.looks, 30)
      yield* pass(1)
      assert.strictEqual(supervised.replica.state, "backoff")
      assert.isTrue(supervised.processes[0]!.hasEnded())
      assert.deepStrictEqual(supervised.replica.info.reason, {
        _tag: "NotReady",
        timeoutMs: 30_000,
        lastProbe: "not yet"
      })
    })
  )

  it.effect("is probed after the initial delay, and ready after so many successes in a row", () =>
    Effect.gen(function* () {
      const { answer, probe } = makeProbe({ initialDelay: "5 seconds", successThreshold: 2 })
      const { replica } = yield* supervise({ ...ready, readiness: probe })
      yield* pass(4999)
      assert.strictEqual(answer.looks, 0)
      answer.isGood = true
      yield* pass(1)
      answer.isGood = false
      yield* pass(1000)
      answer.isGood = true
      yield* pass(1000)
      assert.strictEqual(replica.state, "started")
      yield* pass(1000)
      assert.strictEqual(replica.state, "healthy")
    })
  )

  it.effect("is unhealthy after so many failures of its readiness probe, and goes on", () =>
    Effect.gen(function* () {
      const { answer, probe } = makeProbe()
      answer.isGood = true
      const { replica, processes } = yield* supervise({ ...ready, readiness: probe })
      assert.strictEqual(replica.state, "healthy")
      answer.isGood = false
      yield* pass(29_999)
      assert.strictEqual(replica.state, "healthy")
      yield* pass(1)
      assert.strictEqual(replica.state, "unhealthy")
      answer.isGood = true
      yield* pass(10_000)
      assert.strictEqual(replica.state, "healthy")
      assert.strictEqual(processes.length, 1)
    })
  )

  it.effect("is started again after so many failures of its liveness probe, which may take too long as well", () =>
    Effect.gen(function* () {
      const { probe } = makeProbe({ period: "10 seconds", timeout: "5 seconds", failureThreshold: 2 })
      const liveness = { ...probe, check: Effect.never }
      const supervised = yield* supervise({ liveness, restart: { delay: "1 second", jitter: false } })
      yield* pass(19_999)
      assert.strictEqual(supervised.replica.state, "healthy")
      yield* pass(1)
      assert.deepStrictEqual(supervised.replica.info.reason, { _tag: "NotAlive", lastProbe: "it took too long" })
      assert.isTrue(supervised.processes[0]!.hasEnded())
      yield* pass(1000)
      assert.strictEqual(supervised.processes.length, 2)
    })
  )

  it.effect("is ready by a line, also one that it says before it is known to run", () =>
    Effect.gen(function* () {
      const readiness = { matches: (_stream: unknown, text: string) => text === "ready" }
      const script = makeScript()
      const launch: Launch = (hooks) =>
        Effect.tap(script.launch(hooks), () => Effect.sync(() => hooks.onLine("stdout", "ready")))
      const early = yield* supervise({ ...ready, readiness, launch })
      assert.strictEqual(early.replica.state, "healthy")
      const late = yield* supervise({ ...ready, readiness })
      late.processes[0]!.say("stdout", "almost ready")
      assert.strictEqual(late.replica.state, "started")
      late.processes[0]!.say("stdout", "ready")
      assert.strictEqual(late.replica.state, "healthy")
    })
  )

  it.effect("waits for what it depends on, and fails with it", () =>
    Effect.gen(function* () {
      const met = Deferred.makeUnsafe<void, DaemonReason>()
      const { replica, processes } = yield* supervise({ dependencies: Deferred.await(met) })
      assert.strictEqual(replica.state, "waiting")
      yield* Deferred.succeed(met, undefined)
      yield* settle
      assert.strictEqual(replica.state, "healthy")
      const reason: DaemonReason = { _tag: "DependencyFailed", dependency: "db", condition: "healthy" }
      const without = yield* supervise({ dependencies: Effect.fail(reason) })
      assert.deepStrictEqual([without.replica.state, without.replica.info.reason], ["failed", reason])
      assert.deepStrictEqual([processes.length, without.processes.length], [1, 0])
    })
  )

  it.effect("that is stopped while it backs off stays stopped", () =>
    Effect.gen(function* () {
      const supervised = yield* supervise()
      yield* fail(supervised)
      yield* supervised.replica.stop()
      yield* pass(3_600_000)
      assert.strictEqual(supervised.replica.state, "stopped")
      assert.strictEqual(supervised.processes.length, 1)
    })
  )

  it.effect("tells each state once, in order", () =>
    Effect.gen(function* () {
      const supervised = yield* supervise({ restart: { delay: "1 second", jitter: false } })
      yield* fail(supervised)
      yield* pass(1000)
      yield* supervised.replica.stop()
      const once: ReadonlyArray<DaemonState> = ["waiting", "starting", "healthy"]
      assert.deepStrictEqual(supervised.states, [...once, "stopping", "backoff", ...once, "stopping", "stopped"])
    })
  )

  it.effect("whose worker has died goes on in the next one, with what counts against it", () =>
    Effect.gen(function* () {
      const restart = { delay: "1 second", factor: 2, maxDelay: "1 minute", jitter: false }
      const first = yield* supervise({ restart })
      for (const seconds of [1, 2, 4]) {
        yield* fail(first)
        yield* pass(seconds * 1000)
      }
      assert.strictEqual(first.replica.state, "healthy")
      const second = yield* supervise({ restart, stored: first.stored.at(-1) })
      // The fourth time, since the worker's end is one, too.
      assert.deepInclude(second.replica.info, { state: "backoff", restarts: 4, reason: { _tag: "BrokerRestarted" } })
      yield* pass(7999)
      assert.strictEqual(second.processes.length, 0)
      yield* pass(1)
      assert.strictEqual(second.replica.state, "healthy")
      yield* fail(second)
      // Cut off in the middle of its pause: that one begins anew, and no other one is counted.
      const third = yield* supervise({ restart, stored: second.stored.at(-1) })
      assert.deepInclude(third.replica.info, { state: "backoff", restarts: 5 })
      yield* pass(15_999)
      assert.strictEqual(third.processes.length, 0)
      yield* pass(1)
      assert.strictEqual(third.replica.state, "healthy")
    })
  )

  it.effect("that brings down each worker that starts it is given up", () =>
    Effect.gen(function* () {
      let last = yield* supervise({ rules: { ...rules, maxRestarts: 3 } })
      const states: Array<DaemonState> = []
      for (let death = 0; death < 5; death++) {
        last = yield* supervise({ rules: { ...rules, maxRestarts: 3 }, stored: last.stored.at(-1) })
        states.push(last.replica.state)
        yield* pass(30_000)
      }
      assert.deepStrictEqual(states, ["healthy", "backoff", "backoff", "failed", "failed"])
      assert.strictEqual(last.replica.info.reason?._tag, "GaveUp")
    })
  )

  it.effect(
    "that was stopped on purpose, is completed or has failed stays so in the next worker, and tells nothing",
    () =>
      Effect.gen(function* () {
        const stopped = yield* supervise()
        yield* stopped.replica.stop()
        const completed = yield* supervise()
        yield* completed.processes[0]!.exit({ _tag: "Exited", code: 0 })
        yield* settle
        const failing = yield* supervise({ rules: { ...rules, restart: "never" } })
        yield* fail(failing)
        for (const before of [stopped, completed, failing]) {
          const after = yield* supervise({ stored: before.stored.at(-1) })
          const { since: _since, ...info } = before.replica.info
          assert.deepInclude(after.replica.info, info)
          assert.deepStrictEqual([after.processes.length, after.states], [0, []])
        }
      })
  )

  it.effect("tells what is to be known of it when that changes, and not more often", () =>
    Effect.gen(function* () {
      const { probe, answer } = makeProbe()
      const supervised = yield* supervise({ ...ready, readiness: probe, restart: { delay: "1 second", jitter: false } })
      answer.isGood = true
      yield* pass(1000)
      assert.strictEqual(supervised.replica.state, "healthy")
      yield* fail(supervised)
      yield* pass(1000)
      const told = supervised.stored.map(({ state, restarts }) => [state, restarts])
      assert.deepStrictEqual(told, [
        ["waiting", 0],
        ["running", 0],
        ["backoff", 1],
        ["waiting", 1],
        ["running", 1]
      ])
    })
  )
})
