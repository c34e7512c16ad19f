/** Processes of somebody else, and what is no process of the broker's at all. */
import type { ProcessId } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { type Refusal, refusals, type World } from "./refused.ts"

const ours: Refusal["twin"] = ({ client }) =>
  Effect.gen(function* () {
    const process = yield* client.spawn("sleep", ["1000"], { cwd: "/" })
    yield* client.get(process.id)
    yield* client.kill({ id: process.id })
    yield* process.exit
  })

const theirs = (name: string, act: (world: World) => Effect.Effect<unknown, unknown, any>): Refusal => ({
  name,
  act,
  code: "ProcessNotFound",
  twin: ours
})

const exited = (client: World["client"]) =>
  Effect.gen(function* () {
    const process = yield* client.spawn("true", [], { cwd: "/" })
    yield* process.exit
    return process
  })

const pid = (name: string, of: (world: World) => number, code: Refusal["code"] = "ProcessNotFound"): Refusal => ({
  name,
  act: (world) => world.client.kill({ pid: of(world) as never }, { signal: "SIGKILL" }),
  code,
  twin: ours
})

refusals("processes of another client", [
  theirs("to look one up", ({ client, victim }) => client.get(victim.id)),
  theirs("to attach to one", ({ client, victim }) => client.attach(victim.id)),
  theirs("to attach to one with what it has put out", ({ client, victim }) =>
    client.attach(victim.id, { replay: true })
  ),
  theirs("to read what one has put out", ({ client, victim }) => client.readOutput(victim.id)),
  theirs("to signal one by its identifier", ({ client, victim }) => client.kill({ id: victim.id })),
  theirs("to signal one by its PID", ({ client, victim }) => client.kill({ pid: victim.pid! })),
  theirs("to signal the tree of one", ({ client, victim }) => client.kill({ pid: victim.pid! }, { tree: true })),
  theirs("to stop one", ({ client, victim }) => client.stop({ id: victim.id })),
  theirs("to look up one that never was", ({ client }) => client.get(`p-${"0".repeat(24)}` as ProcessId))
])

refusals("processes that are not the broker's", [
  pid("init", () => 1),
  pid("the broker's own", () => process.pid),
  pid("the parent of the broker", () => process.ppid),
  pid("one that nobody has", () => 4_194_303),
  pid("everybody", () => -1, "InvalidArgument"),
  pid("the broker's group", () => 0, "InvalidArgument"),
  pid("a group", () => -process.pid, "InvalidArgument"),
  pid("half of one", () => 1.5, "InvalidArgument"),
  pid("no number", () => Number.NaN, "InvalidArgument"),
  {
    name: "one that has ended, whose PID may be anybody's by now",
    act: ({ client }) => Effect.flatMap(exited(client), ({ pid: past }) => client.kill({ pid: past! })),
    code: "ProcessNotFound",
    twin: ours
  },
  {
    name: "one that has ended, by its identifier",
    act: ({ client }) => Effect.flatMap(exited(client), ({ id }) => client.kill({ id })),
    code: "AlreadyExited",
    twin: ours
  },
  {
    name: "a signal without a name",
    act: ({ client, victim }) => client.kill({ id: victim.id }, { signal: 9 as never }),
    code: "InvalidArgument",
    twin: ours
  },
  {
    name: "a signal that is none",
    act: ({ client, victim }) => client.kill({ id: victim.id }, { signal: "SIGEVIL" as never }),
    code: "InvalidArgument",
    twin: ours
  }
])
