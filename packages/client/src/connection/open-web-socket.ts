/**
 * The way to a gateway: a WebSocket for each session.
 */
import {
  BrokerUnavailable,
  codes,
  InvalidArgument,
  InvalidToken,
  type Port,
  WEB_SOCKET_PROTOCOL,
  WEB_SOCKET_REFUSAL,
  WEB_SOCKET_TOKEN
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fromWebSocket } from "../ports/web-socket.ts"

/** What a subprotocol can be made of. A token is. */
const isWord = (text: string): boolean => /^[A-Za-z0-9._~-]{1,512}$/.test(text)

/**
 * A port over a new WebSocket.
 *
 * The token travels as a subprotocol: a page can set no header, and an address is written into logs. `""`: none, since a page
 * that has logged in has a cookie.
 */
export const openWebSocket = (
  url: string | URL,
  token: string
): Effect.Effect<Port, BrokerUnavailable | InvalidArgument | InvalidToken> =>
  Effect.suspend((): Effect.Effect<Port, BrokerUnavailable | InvalidArgument | InvalidToken> => {
    const address = toAddress(url)
    if (address === undefined) return Effect.fail(new InvalidArgument({ argument: "url", problem: notAnAddress }))
    if (token !== "" && !isWord(token)) return Effect.fail(new InvalidToken({ reason: "unknown" }))
    return open(address, token === "" ? [] : [WEB_SOCKET_TOKEN + token])
  })

const notAnAddress = "it is no address of a gateway, such as wss://host/ws"

/** A page may leave out where it comes from itself. */
const toAddress = (url: string | URL): URL | undefined => {
  const { location } = globalThis as { readonly location?: { readonly href: string } }
  const address = URL.parse(String(url), location?.href)
  if (address === null || !/^(?:ws|http)s?:$/.test(address.protocol)) return undefined
  address.protocol = address.protocol.replace("http", "ws")
  return address
}

const open = (address: URL, words: ReadonlyArray<string>): Effect.Effect<Port, BrokerUnavailable | InvalidToken> =>
  Effect.callback((resume) => {
    const socket = new WebSocket(address, [WEB_SOCKET_PROTOCOL, WEB_SOCKET_REFUSAL, ...words])
    socket.binaryType = "arraybuffer"
    let isOpen = false
    socket.addEventListener("open", () => {
      // One that is open only to be refused is about to be closed, with the reason.
      if (socket.protocol !== WEB_SOCKET_PROTOCOL) return
      isOpen = true
      resume(Effect.succeed(fromWebSocket(socket)))
    })
    socket.addEventListener("error", () => {})
    socket.addEventListener("close", ({ code, reason }) => {
      if (!isOpen) resume(Effect.fail(toError(address, code, reason)))
    })
    return Effect.sync(() => {
      if (!isOpen) socket.close()
    })
  })

const isReason = Schema.is(InvalidToken.fields.reason)

const toError = ({ host }: URL, code: number, reason: string): BrokerUnavailable | InvalidToken => {
  if (code === codes.InvalidToken) return new InvalidToken({ reason: isReason(reason) ? reason : "unknown" })
  return new BrokerUnavailable({ reason: reason === "" ? `the gateway at ${host} cannot be reached` : reason })
}
