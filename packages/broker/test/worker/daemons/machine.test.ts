import { assert, describe, it } from "@effect/vitest"
import type { DaemonReason, DaemonState, ExitStatus } from "@spawnbroker/protocol"
import {
  type Command,
  initial,
  type Machine,
  type MachineEvent,
  restored,
  type Rules,
  storedOf,
  transition
} from "../../../src/worker/daemons/machine.ts"

const rules: Rules = {
  hasReadiness: true,
  restart: "on-failure",
  maxRestarts: 2,
  windowMs: 1000,
  successExitCodes: [0, 3],
  isPersistent: false
}

const exit = (code: number): ExitStatus => ({ _tag: "Exited", code })
const reason: DaemonReason = { _tag: "NotAlive", lastProbe: "no" }
const incarnation = 1
const at = 5000

const Start: MachineEvent = { _tag: "Start" }
const Stop: MachineEvent = { _tag: "Stop" }
const Exited = (code: number): MachineEvent => ({ _tag: "Exited", incarnation, exit: exit(code) })
const Gone: MachineEvent = { _tag: "Gone", incarnation, at }
const NotAlive: MachineEvent = { _tag: "NotAlive", incarnation, reason }
const NotStarted = (isFinal: boolean): MachineEvent => ({ _tag: "NotStarted", incarnation, reason, isFinal })

const hasFailed = (isFinal: boolean): Partial<Machine> => ({ afterwards: { _tag: "Failed", reason, isFinal } })
const hasExited = (code: number): Partial<Machine> => ({ afterwards: { _tag: "Exited" }, exit: exit(code) })

/** The state before, what happens, the state after, and what is to be done. */
type Row = readonly [
  title: string,
  from: DaemonState,
  event: MachineEvent,
  to: DaemonState,
  commands: ReadonlyArray<Command>,
  machine?: Partial<Machine>,
  rules?: Partial<Rules>
]

const asked: ReadonlyArray<Command> = ["ResetSchedule", "AwaitDependencies"]
const retry: ReadonlyArray<Command> = ["BackOff"]

const rows: ReadonlyArray<Row> = [
  ["one that was stopped waits for its dependencies first", "stopped", Start, "waiting", asked],
  ["one that has failed may be started again", "failed", Start, "waiting", asked],
  ["one that is done may be started again", "completed", Start, "waiting", asked],
  ["one that backs off is started at once where somebody asks", "backoff", Start, "waiting", ["End", ...asked]],
  ["one that runs is left as it is", "healthy", Start, "healthy", []],
  [
    "its process is started once what it depends on is there",
    "waiting",
    { _tag: "DependenciesMet" },
    "starting",
    ["Spawn"]
  ],
  ["it fails with what it depends on", "waiting", { _tag: "DependencyFailed", reason }, "failed", []],
  [
    "with a readiness probe it is only started at first",
    "starting",
    { _tag: "Spawned", incarnation },
    "started",
    ["WatchStart"]
  ],
  [
    "without one it is healthy as soon as it runs",
    "starting",
    { _tag: "Spawned", incarnation },
    "healthy",
    ["WatchHealth"],
    {},
    { hasReadiness: false }
  ],
  ["it is healthy once it is ready", "started", { _tag: "Ready", incarnation }, "healthy", ["WatchHealth"]],
  [
    "it is unhealthy once it is not ready any more",
    "healthy",
    { _tag: "Unready", incarnation, reason },
    "unhealthy",
    []
  ],
  ["and healthy again, with its health watched already", "unhealthy", { _tag: "Ready", incarnation }, "healthy", []],
  [
    "one that is not ready in time is ended",
    "started",
    { _tag: "StartTimedOut", incarnation, reason },
    "stopping",
    ["End"]
  ],
  ["one that is ready has no start timeout", "healthy", { _tag: "StartTimedOut", incarnation, reason }, "healthy", []],
  ["one that is not alive is ended", "unhealthy", NotAlive, "stopping", ["End"]],
  ["a start that fails leaves nothing behind first", "starting", NotStarted(false), "stopping", ["End"]],
  ["an exit, too, and what outlives it goes", "healthy", Exited(1), "stopping", ["End"]],
  ["what has failed is started again once it is gone", "stopping", Gone, "backoff", retry, hasFailed(false)],
  ["but not what would fail again", "stopping", Gone, "failed", [], hasFailed(true)],
  ["an exit with another code is a failure", "stopping", Gone, "backoff", retry, hasExited(1)],
  ["an exit with a code of success is none", "stopping", Gone, "completed", [], hasExited(3)],
  ["which `always` does not ask for", "stopping", Gone, "backoff", retry, hasExited(3), { restart: "always" }],
  ["`never` starts nothing again that has failed", "stopping", Gone, "failed", [], hasExited(1), { restart: "never" }],
  [
    "an exit that nobody was told of is a failure",
    "stopping",
    Gone,
    "backoff",
    retry,
    { afterwards: { _tag: "Exited" } }
  ],
  [
    "it is given up after so many restarts within the window",
    "stopping",
    Gone,
    "failed",
    [],
    { ...hasExited(1), recent: [4500, 4800] }
  ],
  [
    "those before the window do not count",
    "stopping",
    Gone,
    "backoff",
    retry,
    { ...hasExited(1), recent: [3999, 4800] }
  ],
  [
    "once it has been well for long, nothing counts any more",
    "healthy",
    { _tag: "Proven", incarnation },
    "healthy",
    ["ResetSchedule"],
    { recent: [4500, 4800] }
  ],
  [
    "after the pause it waits for its dependencies again",
    "backoff",
    { _tag: "BackedOff" },
    "waiting",
    ["AwaitDependencies"]
  ],
  ["one that runs is ended to be stopped", "healthy", Stop, "stopping", ["End"]],
  ["one that is being started, too", "starting", Stop, "stopping", ["End"]],
  ["it is stopped once it is gone", "stopping", Gone, "stopped", [], { afterwards: { _tag: "Stopped" } }],
  ["a pause ends with a stop", "backoff", Stop, "stopped", ["End"]],
  ["so does waiting", "waiting", Stop, "stopped", ["End"]],
  ["a stop of what has failed changes nothing", "failed", Stop, "failed", []],
  [
    "a stop while it is ended for another reason keeps it from starting again",
    "stopping",
    Stop,
    "stopping",
    [],
    hasFailed(false)
  ],
  ["a start while it is stopping comes afterwards", "stopping", Start, "stopping", []],
  ["namely once it is gone", "stopping", Gone, "waiting", asked, { afterwards: { _tag: "StartAgain" } }],
  [
    "news of an incarnation that is over changes nothing",
    "healthy",
    { ...Exited(1), incarnation: 0 } as MachineEvent,
    "healthy",
    []
  ]
]

describe("the life of a replica", () => {
  for (const [title, from, event, to, commands, machine, changed] of rows) {
    it(title, () => {
      const before: Machine = { ...initial, state: from, incarnation, ...machine }
      const after = transition({ ...rules, ...changed }, before, event)
      assert.strictEqual(after.machine.state, to)
      assert.deepStrictEqual(after.commands, commands)
    })
  }

  const after = (machine: Partial<Machine>, ...events: ReadonlyArray<MachineEvent>): Machine =>
    events.reduce<Machine>((before, event) => transition(rules, before, event).machine, {
      ...initial,
      incarnation,
      ...machine
    })

  it("says why it was given up", () => {
    assert.deepStrictEqual(after({ state: "healthy", recent: [4500, 4800] }, Exited(1), Gone).reason, {
      _tag: "GaveUp",
      restarts: 2,
      windowMs: 1000,
      last: "it has exited: exit code 1"
    })
  })

  it("remembers a stop that came after a failure", () => {
    assert.strictEqual(after({ state: "healthy" }, NotAlive, Stop, Gone).state, "stopped")
  })

  it("remembers how its process has ended, however that came about", () => {
    assert.deepStrictEqual(after({ state: "healthy" }, Stop, Exited(5), Gone).exit, exit(5))
  })

  it("counts restarts from when somebody asked for it", () => {
    const failing = after({ state: "healthy" }, Exited(1), Gone)
    assert.strictEqual(failing.restarts, 1)
    const again = after(failing, Start)
    assert.deepStrictEqual([again.restarts, again.recent], [0, []])
  })

  it("is known to the next worker as what it was going to come to", () => {
    const stored = (machine: Partial<Machine>) => storedOf(rules, { ...initial, ...machine }, at)
    assert.deepInclude(stored({ state: "stopping", afterwards: { _tag: "Stopped" } }), {
      state: "stopped",
      restarts: 0
    })
    assert.deepInclude(stored({ state: "stopping", ...hasExited(3) }), { state: "completed", exit: exit(3) })
    assert.deepInclude(stored({ state: "stopping", ...hasExited(1) }), { state: "backoff", restarts: 1, recent: [at] })
    assert.deepInclude(stored({ state: "stopping", ...hasFailed(true) }), { state: "failed", reason })
    assert.deepInclude(stored({ state: "stopping", afterwards: { _tag: "StartAgain" } }), { state: "waiting" })
    for (const state of ["starting", "started", "healthy", "unhealthy"] as const) {
      assert.deepInclude(stored({ state }), { state: "running" })
    }
  })

  const resumed = (machine: Partial<Machine>, changed: Partial<Rules> = {}) => {
    const stored = storedOf(rules, { ...initial, incarnation, ...machine }, at)
    const Resume: MachineEvent = { _tag: "Resume", was: stored.state, at }
    const step = transition({ ...rules, ...changed }, restored(stored), Resume)
    return [step.machine.state, step.machine.restarts, step.commands] as const
  }

  it("goes on in the next worker: what ran is started again, the first time at once", () => {
    const atOnce = ["ResetSchedule", "AwaitDependencies"] as const
    assert.deepStrictEqual(resumed({ state: "healthy" }), ["waiting", 1, atOnce])
    assert.deepStrictEqual(resumed({ state: "started", recent: [4500], restarts: 1 }), [
      "backoff",
      2,
      ["ResetSchedule", "BackOff"]
    ])
    assert.deepStrictEqual(resumed({ state: "healthy", recent: [4500, 4800], restarts: 2 })[0], "failed")
    assert.deepStrictEqual(resumed({ state: "healthy" }, { restart: "never" }), ["failed", 0, []])
    // It runs on, and is only found again.
    assert.deepStrictEqual(resumed({ state: "healthy" }, { restart: "never", isPersistent: true }), [
      "waiting",
      0,
      atOnce
    ])
    assert.deepStrictEqual(resumed({ state: "waiting" }), ["waiting", 0, atOnce])
    assert.deepStrictEqual(resumed({ state: "backoff", recent: [at], restarts: 1 }), [
      "backoff",
      1,
      ["ResetSchedule", "BackOff"]
    ])
    for (const state of ["stopped", "completed", "failed"] as const)
      assert.deepStrictEqual(resumed({ state }), [state, 0, []])
  })
})
