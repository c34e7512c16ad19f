/**
 * A session with a broker: the control port, the data port, and the channels between which the frames are divided.
 */
import {
  type AnyCallError,
  BrokerUnavailable,
  type Channel,
  connectRemote,
  InvalidArgument,
  type InvalidToken,
  KeepAlive,
  Operations,
  type Port,
  PROTOCOL_VERSION,
  type Remote,
  type Unsupported
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { DataPort } from "./DataPort.ts"
import { DefaultShell } from "./DefaultShell.ts"
import { Pace } from "./Pace.ts"
import { ProcessChannel } from "./ProcessChannel.ts"
import { ProcessHold } from "./ProcessHold.ts"

export interface Session {
  readonly subject: string
  /** What reads lines of shell. */
  readonly shell: DefaultShell
  readonly call: Remote<Operations>
  /** Succeeds once no call is pending. */
  readonly answered: Effect.Effect<void>
  /** Waits for this turn of the loop, or a later one, to have room for another spawn. */
  readonly turn: Effect.Effect<void>
  /** A new channel, which hears everything from the first frame on. */
  readonly openChannel: (windowBytes: number) => { readonly channel: Channel; readonly process: ProcessChannel }
  /** Forgets a channel, once nothing more is to be heard on it. */
  readonly closeChannel: (channel: Channel) => void
}

export type ConnectError = InvalidToken | Unsupported | AnyCallError

/**
 * Presents the token. The session ends with the scope, and with it whatever the broker still runs for it. `onEnd`: it has
 * ended otherwise.
 */
export const connectSession = (
  port: Port,
  token: string,
  onEnd: () => void = () => {}
): Effect.Effect<Session, ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    const channels = new Map<Channel, ProcessChannel>()
    const { port1, port2 } = port.createChannel?.() ?? createChannel()
    let ended = new BrokerUnavailable({ reason: "it has closed the connection" })
    const data = new DataPort(port1, {
      frame: (frame) => channels.get(frame.channel)?.receive(frame),
      // Later than the last frame, which the end of the control port is not.
      closed: () => {
        // First: whoever hears of it and calls again must not find the old session.
        end()
        channels.forEach((process) => process.fail(ended))
      }
    })
    const keepAlive = new KeepAlive(port1)
    let isOpen = false
    const end = (): void => {
      if (isOpen) onEnd()
      isOpen = false
    }
    const { call, answered, disconnect } = connectRemote(Operations, port, (reason) => {
      ended = reason
      end()
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isOpen = false
        disconnect(new BrokerUnavailable({ reason: "this client has disconnected" }))
        data.close()
      })
    )
    const { subject, shell } = yield* call.connect({ version: PROTOCOL_VERSION, token, data: port2 }, [port2])

    isOpen = true
    let lastChannel = 0
    return {
      subject,
      shell: new DefaultShell(subject, shell),
      call,
      answered,
      turn: new Pace().turn,
      openChannel: (windowBytes) => {
        const channel = lastChannel++
        const hold = new ProcessHold(keepAlive)
        const process = new ProcessChannel(channel, windowBytes, hold, data)
        channels.set(channel, process)
        return { channel, process }
      },
      closeChannel: (channel) => {
        channels.get(channel)?.fail(released)
        channels.get(channel)?.hold.reference(false)
        channels.delete(channel)
      }
    }
  })

/** For whoever still reads or waits through a handle whose scope has closed, while its process goes on. */
const released = new InvalidArgument({
  argument: "handle",
  problem: "its scope has closed; `client.attach` gives another handle on the process"
})

/** The ends of this thread's own kind of channel are ports as they stand. */
const createChannel = (): { readonly port1: Port; readonly port2: Port } =>
  new MessageChannel() as unknown as { readonly port1: Port; readonly port2: Port }
