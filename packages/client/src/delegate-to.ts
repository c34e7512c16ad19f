import type { BusEvent, EventFilter, Listening, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ClientHandle } from "./Client.ts"
import { overSessions } from "./connection/over-sessions.ts"
import { delegateDaemons } from "./daemons/delegate-daemons.ts"
import { makeTemplate } from "./operations/template.ts"

/** The client of one session. Whoever goes on listening in the next says since when he does. */
export interface SessionClient extends ClientHandle {
  readonly events: (filter?: EventFilter, listening?: Listening) => Stream.Stream<BusEvent, ProcessError>
}

/** A client each of whose members is that of the client there is when it is used. `first`: for what they all have in common. */
export const delegateTo = (first: ClientHandle, current: Effect.Effect<SessionClient, ProcessError>): ClientHandle => {
  /** A member that is called, and answers an Effect. */
  const call = <Name extends Callable>(name: Name): ClientHandle[Name] =>
    ((...args: ReadonlyArray<never>) =>
      Effect.flatMap(current, (client) =>
        (client[name] as (...args: ReadonlyArray<never>) => Effect.Effect<unknown, ProcessError>)(...args)
      )) as ClientHandle[Name]
  const sink = (name: "stdout" | "stderr") => Sink.unwrap(Effect.map(current, ({ hostStdio }) => hostStdio[name]))
  const run = call("run")
  return {
    subject: first.subject,
    spawn: call("spawn"),
    run,
    $: makeTemplate(run),
    pipeline: call("pipeline"),
    runPipeline: call("runPipeline"),
    daemons: delegateDaemons(Effect.map(current, ({ daemons }) => daemons)),
    hostStdio: {
      stdin: Stream.unwrap(Effect.map(current, ({ hostStdio }) => hostStdio.stdin)),
      stdout: sink("stdout"),
      stderr: sink("stderr")
    },
    list: call("list"),
    usage: call("usage"),
    get: call("get"),
    start: call("start"),
    readOutput: call("readOutput"),
    attach: call("attach"),
    defaultShell: first.defaultShell,
    setDefaultShell: first.setDefaultShell,
    kill: call("kill"),
    stop: call("stop"),
    explain: call("explain"),
    attenuate: call("attenuate"),
    events: (filter) => overSessions(current, (client, listening) => client.events(filter, listening)),
    // A page after a reconnection would be of another broker's thread, which has the same file.
    history: (query) => Stream.unwrap(Effect.map(current, (client) => client.history(query))),
    historyOutput: call("historyOutput"),
    publish: call("publish") as ClientHandle["publish"],
    subscribe: (topic, options) => overSessions(current, (client) => client.subscribe(topic, options)),
    revoke: call("revoke")
  }
}

type Callable = {
  [Name in keyof ClientHandle]: ClientHandle[Name] extends (...args: Array<never>) => Effect.Effect<any, any, any>
    ? Name
    : never
}[keyof ClientHandle]
