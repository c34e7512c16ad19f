import { assert, it } from "@effect/vitest"
import { type DaemonInfo, type ExitStatus, type KilledBy, Pid, ProcessId } from "@spawnbroker/protocol"
import { reportOf } from "../../../src/worker/terminate/report-shutdown.ts"

const code = (number: number): ExitStatus => ({ _tag: "Exited", code: number })
const by = (signal: "SIGTERM" | "SIGKILL"): ExitStatus => ({ _tag: "Signaled", signal })

/** The broker's name for the process of a name of ours. */
const idOf = (name: string) => ProcessId.make(`p-${Buffer.from(name.padEnd(12)).toString("hex").slice(0, 24)}`)

const process = (id: string, exit: ExitStatus, killedBy?: KilledBy) => ({
  id: idOf(id),
  status: { running: false, elapsedMs: 1, exit, ...(killedBy !== undefined && { killedBy }) } as never
})

const daemon = (name: string, ids: ReadonlyArray<string>, persistent = false): DaemonInfo => ({
  name,
  subject: "s",
  command: "sh",
  args: [],
  persistent,
  dependsOn: {},
  state: "healthy",
  version: 0,
  replicas: ids.map((id, index) => ({
    replica: index + 1,
    state: "healthy",
    since: 0,
    restarts: 0,
    pid: Pid.make(1000 + index),
    processId: idOf(id)
  }))
})

it("what has ended without a signal has ended by itself; what was signalled was stopped, whatever it made of that", () => {
  const running = [
    process("input", code(0)),
    process("obeys", by("SIGTERM"), "shutdown"),
    process("cleans-up", code(0), "shutdown"),
    process("deaf", by("SIGKILL"), "shutdown")
  ]
  assert.deepStrictEqual(reportOf(running, []), { exited: 1, stopped: 2, killed: 1, daemons: [] })
})

it("a daemon has ended as that of its replicas that fared worst; one without a process has not", () => {
  const running = [
    process("one", code(0)),
    process("two", by("SIGTERM"), "shutdown"),
    process("three", by("SIGKILL"), "shutdown")
  ]
  const daemons = [
    daemon("all", ["one", "two", "three"]),
    daemon("some", ["one", "two"]),
    daemon("waits", []),
    daemon("keeps", ["four"], true)
  ]
  assert.deepStrictEqual(reportOf(running, daemons).daemons, [
    { name: "all", end: "killed" },
    { name: "some", end: "stopped" },
    { name: "keeps", end: "left" }
  ])
})
