import type { ProcessId, ProcessTarget } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Client, type ClientHandle, type ClientPort } from "../Client.ts"
import { makeEvents } from "./make-events.ts"
import { makeDaemons } from "./make-daemons.ts"
import { makeHistory } from "./make-history.ts"
import { makeHostStdio } from "./make-host-stdio.ts"
import { makePipeline } from "./make-pipeline.ts"
import { makeProcess, toKillOptions } from "./make-process.ts"
import { checkIsSignal, checkOwnsChunks, checkSignal, type PromiseSpawnOptions, toRunOptions } from "./options.ts"
import { Ownership } from "./Ownership.ts"
import type { PromiseClient } from "./PromiseClient.ts"
import { toPromise } from "./to-promise.ts"

/**
 * Presents a token on a port, and resolves to a client.
 *
 * `port` comes from `broker.openPort()`, perhaps through another thread. The connection keeps Node's event loop alive
 * until `close`.
 *
 * **Errors**: `InvalidToken`, `Unsupported` (another version of the protocol), `BrokerUnavailable`.
 *
 * **Example** (one process, from host to exit status)
 *
 * ```ts
 * import { Broker } from "@spawnbroker/broker"
 * import { connect } from "@spawnbroker/client/promise"
 * import { ManagedRuntime } from "effect"
 *
 * const host = ManagedRuntime.make(Broker.layer())
 * const broker = await host.runPromise(Broker)
 * const token = await host.runPromise(broker.mint({ subject: "example", commands: [{ command: "echo", args: true }] }))
 * const client = await connect(await host.runPromise(broker.openPort()), token)
 *
 * const echo = await client.spawn("echo", { args: ["hello"] })
 * for await (const line of echo.stdout) {
 *   line // => "hello"
 * }
 * await echo.wait() // => { _tag: "Exited", code: 0 }
 *
 * await client.close()
 * await host.dispose()
 * ```
 */
export const connect = (port: ClientPort, token: string): Promise<PromiseClient> => {
  const connection = Scope.makeUnsafe()
  return toPromise(
    Client.connect(port, token).pipe(
      Scope.provide(connection),
      Effect.map((client) => makePromiseClient(client, connection)),
      Effect.onError(() => Scope.close(connection, Exit.void))
    )
  )
}

const makePromiseClient = (client: ClientHandle, connection: Scope.Closeable): PromiseClient => {
  // Closed before the connection is, and in parallel: a process that needs its grace does not hold up the others.
  const scope = Scope.forkUnsafe(connection, "parallel")
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= toPromise(Scope.close(connection, Exit.void)))
  return {
    subject: client.subject,
    spawn: async (command, { args, signal, ...options }: PromiseSpawnOptions = {}) => {
      checkSignal(signal)
      checkOwnsChunks(options)
      const start = Ownership.start(scope, client.spawn(command, args, options))
      const { handle, ownership } = await toPromise(start, { scope, signal })
      if (signal !== undefined) ownership.follow(signal, [handle])
      return makeProcess(handle, ownership, options)
    },
    run: async (command, { args, signal, ...options } = {}) => {
      checkSignal(signal)
      checkIsSignal("cancelSignal", options.cancelSignal)
      return toPromise(client.run(command, args, toRunOptions(options)), { scope, signal })
    },
    pipeline: async (stages, { signal, ...options } = {}) => {
      checkSignal(signal)
      checkOwnsChunks(options, ...(Array.isArray(stages) ? stages.map((stage) => stage?.options) : []))
      const start = Ownership.start(scope, client.pipeline(stages, options))
      const { handle, ownership } = await toPromise(start, { scope, signal })
      if (signal !== undefined) ownership.follow(signal, handle.stages)
      return makePipeline(handle, ownership, stages, options)
    },
    runPipeline: async (stages, { signal, ...options } = {}) => {
      checkSignal(signal)
      checkIsSignal("cancelSignal", options.cancelSignal)
      return toPromise(client.runPipeline(stages, toRunOptions(options)), { scope, signal })
    },
    attach: async (id, options = {}) => {
      checkOwnsChunks(options)
      const start = Ownership.start(scope, client.attach(id as ProcessId, options))
      const { handle, ownership } = await toPromise(start, { scope })
      return makeProcess(handle, ownership, options)
    },
    daemons: makeDaemons(client.daemons, connection),
    hostStdio: makeHostStdio(client.hostStdio, scope),
    start: (line, options) => toPromise(client.start(line, options), { scope }),
    readOutput: (id) => toPromise(client.readOutput(id as ProcessId), { scope }),
    defaultShell: () => toPromise(client.defaultShell, { scope }),
    setDefaultShell: (shell) => toPromise(client.setDefaultShell(shell), { scope }),
    list: () => toPromise(client.list(), { scope }),
    usage: () => toPromise(client.usage(), { scope }),
    get: (id) => toPromise(client.get(id as ProcessId), { scope }),
    kill: (target, signal) => toPromise(client.kill(target as ProcessTarget, toKillOptions(signal)), { scope }),
    stop: (target, options) => toPromise(client.stop(target as ProcessTarget, options), { scope }),
    explain: (command, { args, ...options } = {}) => toPromise(client.explain(command, args, options), { scope }),
    attenuate: (policy) => toPromise(client.attenuate(policy), { scope }),
    revoke: (token, options) => toPromise(client.revoke(token, options), { scope }),
    ...makeEvents(client, connection),
    ...makeHistory(client, scope),
    close,
    [Symbol.asyncDispose]: close
  }
}
