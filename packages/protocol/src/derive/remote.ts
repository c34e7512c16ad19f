/**
 * The calling end of a group of operations: a function that returns an Effect for each, over Comlink.
 *
 * Comlink alone never settles a call whose other end has gone, so the port's end fails what is still pending.
 *
 * The port keeps the loop of its thread alive exactly while a call is pending.
 */
import * as Comlink from "comlink"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcGroup from "effect/rpc/RpcGroup"
import { type AnyCallError, BrokerUnavailable } from "../errors/ProcessError.ts"
import { KeepAlive } from "../wire/KeepAlive.ts"
import { listenTo } from "../wire/listen-to.ts"
import type { Port } from "../wire/Port.ts"
import type { ReplyEncoded } from "../wire/Reply.ts"
import { operationCodec } from "./codec.ts"

/** Each operation as an Effect. `transfer` lists the ports within the payload, which move with it. */
export type Remote<Rpcs extends Rpc.Any> = {
  readonly [R in Rpcs as Rpc.Tag<R>]: (
    payload: Rpc.Payload<R>,
    transfer?: ReadonlyArray<Port>
  ) => Effect.Effect<Rpc.Success<R>, Rpc.Error<R> | AnyCallError>
}

export interface Connection<Rpcs extends Rpc.Any> {
  readonly call: Remote<Rpcs>
  /** Succeeds once no call is pending. */
  readonly answered: Effect.Effect<void>
  /** Fails every call that is pending, and every later one. The port is closed. */
  readonly disconnect: (reason: BrokerUnavailable) => void
}

type Call = (payload: unknown) => Promise<unknown>

/** Connects to what the other end of `port` exposes. `onClose` runs once, when the connection ends for any reason. */
export const connectRemote = <Rpcs extends Rpc.Any>(
  group: RpcGroup.RpcGroup<Rpcs>,
  port: Port,
  onClose: (reason: BrokerUnavailable) => void = () => {}
): Connection<Rpcs> => {
  const pending = new Set<(reason: BrokerUnavailable) => void>()
  const waiting = new Set<() => void>()
  const tellAnswered = (): void => {
    if (pending.size > 0) return
    for (const answered of waiting) answered()
    waiting.clear()
  }
  let closed: BrokerUnavailable | undefined
  const disconnect = (reason: BrokerUnavailable): void => {
    if (closed !== undefined) return
    closed = reason
    port.close()
    endpoint.forget()
    for (const fail of pending) fail(reason)
    pending.clear()
    tellAnswered()
    onClose(reason)
  }
  const endpoint = new Endpoint(port)
  const remote = Comlink.wrap<Record<string, Call>>(endpoint)
  listenTo(port, {
    message: (data) => endpoint.receive({ data }),
    close: () => disconnect(new BrokerUnavailable({ reason: "its end of the connection has closed" }))
  })
  const keepAlive = new KeepAlive(port)

  const send = (method: Call, message: object): Effect.Effect<ReplyEncoded, BrokerUnavailable> =>
    Effect.callback((resume) => {
      if (closed !== undefined) return resume(Effect.fail(closed))
      const fail = (reason: BrokerUnavailable): void => resume(Effect.fail(reason))
      pending.add(fail)
      keepAlive.hold()
      const forget = (): void => {
        if (pending.delete(fail)) keepAlive.release()
      }
      const settle = (outcome: Effect.Effect<ReplyEncoded>): void => {
        forget()
        resume(outcome)
        tellAnswered()
      }
      method(message).then(
        (reply) => settle(Effect.succeed(reply as ReplyEncoded)),
        (cause) => settle(Effect.die(cause))
      )
      return Effect.sync(() => {
        forget()
        tellAnswered()
      })
    })

  const answered = Effect.callback<void>((resume) => {
    const tell = (): void => resume(Effect.void)
    waiting.add(tell)
    tellAnswered()
    return Effect.sync(() => waiting.delete(tell))
  })

  const call: Record<string, unknown> = {}
  for (const operation of group.requests.values() as Iterable<unknown> as Iterable<Rpc.AnyWithProps>) {
    const codec = operationCodec(operation)
    // Held for as long as the connection: Comlink closes a port once its proxies have been collected.
    const method = remote[operation._tag] as unknown as Call
    call[operation._tag] = (payload: unknown, transfer: ReadonlyArray<Port> = []) =>
      Effect.suspend(() => {
        const encoded = codec.encodePayload(payload)
        if (Result.isFailure(encoded)) return Effect.fail(encoded.failure)
        const message = { payload: encoded.success }
        return Effect.flatMap(
          send(method, Comlink.transfer(message, transfer as unknown as Parameters<typeof Comlink.transfer>[1])),
          (reply) => toExit(codec.decodeReply(reply))
        )
      })
  }
  return { call: call as Remote<Rpcs>, answered, disconnect }
}

type Receive = (event: { readonly data: unknown }) => void

/**
 * A port as Comlink sees it. Comlink takes one listener and keeps it; ours hears the port for both.
 *
 * Comlink knows the endpoint of each of its proxies until that is collected, which it never is if anything leads from the endpoint
 * to the proxy. So this leads to nothing but the port, and when the connection has ended not to that either.
 */
class Endpoint implements Comlink.Endpoint {
  #port: Port | undefined
  receive: Receive = ignore

  constructor(port: Port) {
    this.#port = port
  }

  postMessage(message: unknown, transfer?: ReadonlyArray<unknown>): void {
    this.#port?.postMessage(message, transfer as Parameters<Port["postMessage"]>[1])
  }

  addEventListener(_type: string, listener: unknown): void {
    this.receive = listener as Receive
  }

  removeEventListener(): void {}

  forget(): void {
    this.#port = undefined
    this.receive = ignore
  }
}

const ignore: Receive = () => {}

const toExit = (reply: ReplyEncoded): Exit.Exit<any, any> =>
  reply._tag === "Success" ? Exit.succeed(reply.value) : Exit.fail(reply.error)
