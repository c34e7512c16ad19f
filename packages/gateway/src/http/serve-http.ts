/**
 * The HTTP server: what each request must pass before it is answered, and how long it may take.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type Callers, isDenial } from "../access/Callers.ts"
import type { StaticFiles } from "../console/StaticFiles.ts"
import { type Answer, text } from "./Answer.ts"
import { denied, type Route } from "./routes.ts"
import { securityHeaders } from "./security-headers.ts"

/** Certificate and key, as PEM. */
export interface TlsOptions {
  readonly cert: string
  readonly key: string
}

export interface HttpOptions {
  readonly tls: TlsOptions | undefined
  /** For headers, and again for the whole request. Somebody who sends a byte now and then is cut off. */
  readonly requestTimeoutMs: number
  readonly maxConnections: number
}

/** Bytes of the headers of a request at most. A cookie and a token are some hundred. */
const MAX_HEADER_BYTES = 16 * 1024

/** How often the server looks for requests that take too long. */
const LOOK_MS = 500

export const makeServer = ({ tls, requestTimeoutMs, maxConnections }: HttpOptions): Server => {
  const options = {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: LOOK_MS,
    keepAliveTimeout: 5000,
    maxHeaderSize: MAX_HEADER_BYTES
  }
  const server = tls === undefined ? createServer(options) : createTlsServer({ ...options, ...tls })
  server.maxConnections = maxConnections
  // Of one that has not sent a whole request yet, and of one that does not take its answer.
  server.setTimeout(2 * requestTimeoutMs)
  return server
}

export interface Served {
  readonly scheme: "http" | "https"
  readonly callers: Callers
  readonly routes: ReadonlyArray<Route>
  /** For those who have logged in. */
  readonly console: StaticFiles | undefined
  readonly onDefect: (cause: unknown) => void
}

export const serveHttp = (server: Server, served: Served): void => {
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(request, served)
      .catch((cause): Answer => {
        served.onDefect(cause)
        return text(500, "The gateway made a mistake, which its log tells.")
      })
      .then((given) => send(request, response, given, served.scheme))
      .catch(served.onDefect)
  })
}

const answer = async (request: IncomingMessage, { callers, routes, console }: Served): Promise<Answer> => {
  const refusal = callers.refuse(request)
  if (refusal !== undefined) return refusal
  const path = pathOf(request)
  const method = request.method === "HEAD" ? "GET" : request.method
  const caller = await callers.of(request)
  const isOwnPage = callers.originOf(request.headers.origin) === "own"
  const here = routes.filter((route) => route.path === path)
  const route = here.find((each) => each.method === method)
  if (route === undefined && here.length > 0)
    return { ...text(405, "Not this method."), headers: { allow: here[0]!.method } }
  if (route?.for !== "anybody" && isDenial(caller)) return denied(request, caller)
  if (route?.for === "observer" && (caller as { observe?: string }).observe !== "all") {
    return text(403, 'This is for those who may see everybody\'s processes: `observe: "all"`.')
  }
  if (route?.for === "admin" && !(await callers.isAdmin(caller))) {
    return text(403, "This is for admins who have logged in.")
  }
  if (route !== undefined) return route.answer({ request, caller, isOwnPage })
  const file = method === "GET" ? console?.find(path) : undefined
  return file === undefined ? text(404, "There is nothing here.") : { ...file, styles: "elements" }
}

/** The path as it was sent. It is only compared, so nothing in it is taken apart. */
export const pathOf = ({ url }: IncomingMessage): string => url!.split("?", 1)[0]!

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body = "", styles = "files" }: Answer,
  scheme: "http" | "https"
): void => {
  // A host that is not ours is not repeated.
  const host = status === 421 ? "" : (request.headers.host ?? "")
  const all = { ...securityHeaders(host, scheme, styles), ...headers, "content-length": Buffer.byteLength(body) }
  // What is left of a body that nobody has read is not waited for.
  if (!request.complete) response.shouldKeepAlive = false
  response.writeHead(status, all).end(request.method === "HEAD" ? undefined : body)
}

/** Says no to an upgrade, and hangs up. */
export const refuseUpgrade = (socket: NodeJS.WritableStream, { status, body = "" }: Answer): void => {
  const head = [
    `HTTP/1.1 ${status} Refused`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body as string}`)
}
