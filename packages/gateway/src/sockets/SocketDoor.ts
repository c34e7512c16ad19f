/**
 * The WebSockets: who may open one, how many, and what ends them.
 *
 * A connection to which nobody belongs is never read: a program is answered 401, a client of ours is let in only to be told why
 * not, by the code with which it is closed, since no browser tells its page what else an upgrade was answered.
 */
import { acceptSocket, type AttachablePort } from "@spawnbroker/broker"
import {
  codes,
  InvalidToken,
  MAX_WEB_SOCKET_MESSAGE_BYTES,
  WEB_SOCKET_PROTOCOL,
  WEB_SOCKET_REFUSAL,
  WEB_SOCKET_TOKEN,
  WebSocketStream
} from "@spawnbroker/protocol"
import type { IncomingMessage, Server } from "node:http"
import type { Duplex } from "node:stream"
import { type WebSocket, WebSocketServer } from "ws"
import { type Caller, type Callers, type Denial, isDenial } from "../access/Callers.ts"
import type { FailedLogins } from "../access/FailedLogins.ts"
import { text } from "../http/Answer.ts"
import { pathOf, refuseUpgrade } from "../http/serve-http.ts"
import { presentToken } from "./present-token.ts"
import { watchPulse } from "./watch-pulse.ts"

/** Connections of one user, or of the tokens of one subject. Higher lets one of them take the places of all others. */
const MAX_OF_ONE = 64

/** How long somebody who is refused gets to hang up by himself. */
const REFUSAL_MS = 1000

export interface DoorOptions {
  readonly callers: Callers
  readonly failures: FailedLogins
  readonly maxWebSockets: number
  readonly attach: (port: AttachablePort) => void
  readonly log: (message: string) => void
}

interface Refusal {
  readonly code: number
  readonly reason: string
}

export class SocketDoor {
  readonly #options: DoorOptions
  readonly #open = new Map<WebSocket, string>()
  readonly #admitting = serverFor(WEB_SOCKET_PROTOCOL, MAX_WEB_SOCKET_MESSAGE_BYTES)
  readonly #refusing = serverFor(WEB_SOCKET_REFUSAL, 1)
  readonly #pulse = watchPulse(() => this.#open.keys())

  constructor(server: Server, options: DoorOptions) {
    this.#options = options
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => {})
      this.#knock(request, socket, head).catch(() => socket.destroy())
    })
  }

  get size(): number {
    return this.#open.size
  }

  /** Nobody is let in any more, and who is in is thrown out. */
  close(): void {
    clearInterval(this.#pulse)
    for (const webSocket of this.#open.keys()) webSocket.close(1001, "the gateway is going away")
    // Once what has just been said has had its chance.
    setImmediate(() => this.#open.forEach((_, webSocket) => webSocket.terminate()))
  }

  async #knock(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { callers } = this.#options
    const refusal = callers.refuse(request)
    if (refusal !== undefined) return refuseUpgrade(socket, refusal)
    if (pathOf(request) !== "/ws") return refuseUpgrade(socket, text(404, "There is no WebSocket here."))
    const words = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((word) => word.trim())
    if (!words.includes(WEB_SOCKET_PROTOCOL)) return refuseUpgrade(socket, text(400, `Speak ${WEB_SOCKET_PROTOCOL}.`))
    const caller = await this.#identify(request, words)
    if (socket.destroyed) return
    const why = isDenial(caller) ? this.#whyDenied(request, caller) : this.#whyFull(caller)
    if (isDenial(caller) || why !== undefined) {
      if (!words.includes(WEB_SOCKET_REFUSAL)) return refuseUpgrade(socket, text(401, "Present a token, or log in."))
      return this.#refusing.handleUpgrade(request, socket, head, (webSocket) => turnAway(webSocket, why!))
    }
    this.#admitting.handleUpgrade(request, socket, head, (webSocket) => this.#admit(webSocket, caller))
  }

  async #identify(request: IncomingMessage, words: ReadonlyArray<string>): Promise<Caller | Denial> {
    const { callers } = this.#options
    const word = words.find((each) => each.startsWith(WEB_SOCKET_TOKEN))
    if (word !== undefined) return callers.byToken(word.slice(WEB_SOCKET_TOKEN.length))
    return request.headers.authorization === undefined ? callers.byCookie(request, false) : callers.of(request)
  }

  #whyDenied({ socket }: IncomingMessage, denial: Denial): Refusal {
    if (!(denial instanceof InvalidToken)) return { code: codes.BrokerUnavailable, reason: denial.reason }
    const { reason } = denial
    const address = socket.remoteAddress ?? ""
    this.#options.log(`A WebSocket from ${address} was refused: token ${reason}`)
    const isTooMany = this.#options.failures.note(address) > 0
    return isTooMany
      ? { code: codes.LimitExceeded, reason: "too many wrong tokens have come from its address" }
      : { code: codes.InvalidToken, reason }
  }

  #whyFull({ subject }: Caller): Refusal | undefined {
    const ofOne = [...this.#open.values()].filter((other) => other === subject).length
    if (this.#open.size < this.#options.maxWebSockets && ofOne < MAX_OF_ONE) return undefined
    return { code: codes.LimitExceeded, reason: "the gateway has too many connections" }
  }

  #admit(webSocket: WebSocket, { subject, session }: Caller): void {
    this.#open.set(webSocket, subject)
    webSocket.once("close", () => this.#open.delete(webSocket))
    const port = acceptSocket(new WebSocketStream(webSocket))
    if (session === undefined) return this.#options.attach(port)
    const end = (): void => turnAway(webSocket, { code: codes.InvalidToken, reason: "expired" })
    session.connections.add(end)
    webSocket.once("close", () => session.connections.delete(end))
    this.#options.attach(presentToken(port, session.user.token))
  }
}

/** Messages are not compressed: a few bytes could become a great many. */
const serverFor = (protocol: string, maxPayload: number): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: () => protocol
  })

const turnAway = (webSocket: WebSocket, { code, reason }: Refusal): void => {
  webSocket.on("error", () => {})
  webSocket.close(code, reason)
  const impatience = setTimeout(() => webSocket.terminate(), REFUSAL_MS).unref()
  webSocket.once("close", () => clearTimeout(impatience))
}
