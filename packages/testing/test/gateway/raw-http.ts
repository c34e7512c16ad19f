/** What is sent byte by byte, as no well-behaved client would. */
import { once } from "node:events"
import { request, type IncomingHttpHeaders } from "node:http"
import { connect } from "node:net"
import { text } from "node:stream/consumers"

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface RawRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A request with the very path and headers that are given. */
export const ask = async (url: string, path: string, { method = "GET", headers = {}, body }: RawRequest = {}) => {
  const sent = request(url, { path, method, headers, agent: false }).end(body)
  const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage]
  return { status: response.statusCode!, headers: response.headers, body: await text(response) } satisfies RawAnswer
}

/** What an upgrade is answered: its status and, for one that is let in, the socket's first bytes after the head. */
export const knock = async (url: string, headers: Readonly<Record<string, string>>, path = "/ws") => {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname).on("error", () => {})
  const all = {
    Host: host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": Buffer.alloc(16, 1).toString("base64"),
    ...headers
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`)
  let received = Buffer.alloc(0)
  socket.on("data", (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
  while (!received.includes("\r\n\r\n")) await once(socket, "data")
  const status = Number(received.toString("latin1").split(" ", 2)[1])
  const headEnd = received.indexOf("\r\n\r\n") + 4
  return { status, socket, after: () => received.subarray(headEnd) }
}
