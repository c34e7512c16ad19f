import {
  BrokerUnavailable,
  type ComlinkApi,
  InvalidArgument,
  type LimitExceeded,
  operationCodec,
  ProcessError
} from "@spawnbroker/protocol"
import * as Comlink from "comlink"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Option from "effect/Option"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import type { MessagePort } from "node:worker_threads"
import { decodeCall } from "./decode-call.ts"

/** What is done for each operation of a group. */
export type Handlers<Rpcs extends Rpc.Any> = {
  readonly [R in Rpcs as Rpc.Tag<R>]: (payload: Rpc.Payload<R>) => Effect.Effect<Rpc.Success<R>, Rpc.Error<R>>
}

export interface ServeOptions {
  /** A message that is no call of ours. Its sender has been answered, if it could be. */
  readonly onMalformed: (error: InvalidArgument | LimitExceeded) => void
  /** A handler broke. The caller hears that it did, and none of the details. */
  readonly onDefect: (operation: string, cause: unknown) => void
}

type Method = (message: { readonly payload?: unknown }) => Promise<unknown>

/** Exposes the operations of a group on a port, through Comlink. Everything that arrives is decoded first. */
export const serve = <Rpcs extends Rpc.Any>(
  group: RpcGroup.RpcGroup<Rpcs>,
  port: MessagePort,
  handlers: Handlers<Rpcs>,
  options: ServeOptions
): void => {
  // Without a prototype: no name but those of the operations can be reached.
  const api: Record<string, Method> = Object.create(null)
  for (const operation of group.requests.values() as Iterable<unknown> as Iterable<Rpc.AnyWithProps>) {
    const handler = handlers[operation._tag as keyof Handlers<Rpcs>] as (
      payload: unknown
    ) => Effect.Effect<unknown, unknown>
    api[operation._tag] = methodOf(operation, handler, options)
  }
  Comlink.expose(api as unknown as ComlinkApi<Rpcs>, guard(port, api, options))
}

const methodOf = (
  operation: Rpc.AnyWithProps,
  handler: (payload: any) => Effect.Effect<unknown, unknown>,
  options: ServeOptions
): Method => {
  const codec = operationCodec(operation)
  return async ({ payload }) => {
    const decoded = codec.decodePayload(payload)
    if (Result.isFailure(decoded)) {
      options.onMalformed(decoded.failure)
      return failure(decoded.failure)
    }
    const exit = await Effect.runPromiseExit(handler(decoded.success))
    if (Exit.isSuccess(exit)) return codec.encodeReply({ _tag: "Success", value: exit.value })
    const error = Cause.findErrorOption(exit.cause)
    if (Option.isSome(error)) return codec.encodeReply({ _tag: "Failure", error: error.value })
    options.onDefect(operation._tag, Cause.squash(exit.cause))
    return failure(broken)
  }
}

const broken = new BrokerUnavailable({ reason: "it made a mistake, which its log tells" })

const encodeError = Schema.encodeUnknownSync(ProcessError)
const failure = (error: ProcessError): unknown => ({ _tag: "Failure", error: encodeError(error) })

const unknownOperation = (name: string): InvalidArgument =>
  new InvalidArgument({ argument: "path", problem: `there is no operation ${JSON.stringify(name.slice(0, 40))}` })

/** The port as Comlink sees it: calls of our operations, and nothing else. */
const guard = (port: MessagePort, api: Record<string, Method>, options: ServeOptions): Comlink.Endpoint => ({
  addEventListener: (_type, listener) => {
    port.on("message", (message: unknown) => {
      const { call, id, error: refused } = decodeCall(message)
      if (call !== undefined && call.path[0] in api) {
        return (listener as (event: unknown) => void)({ data: call })
      }
      const error = call === undefined ? refused : unknownOperation(call.path[0])
      options.onMalformed(error)
      if (id !== undefined) port.postMessage({ id, type: "RAW", value: failure(error) })
    })
  },
  removeEventListener: () => {},
  postMessage: (message, transfer) => port.postMessage(message, transfer as never)
})
