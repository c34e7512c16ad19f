/**
 * The two sockets of a project. Their directory is the user's alone, and both ask for a token besides: a descriptor of a
 * socket can be handed on, and a directory opened up by mistake.
 */
import { acceptSocket, type BrokerHandle } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createHash, timingSafeEqual } from "node:crypto"
import { chmodSync, rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { exitCodes } from "../exit-codes.ts"
import { asFailure, Failure } from "../Failure.ts"
import type { ProjectPlace } from "./ProjectPlace.ts"
import { readLine } from "./read-line.ts"
import { Answer, type Request, SignedRequest } from "./requests.ts"

/** Connections at a time. Each costs the project a session at most. */
const MAX_CONNECTIONS = 128

/** How long a request may take to arrive. */
const REQUEST_TIMEOUT_MS = 10_000

export interface ProjectService {
  readonly broker: BrokerHandle
  /** What the commands of its user present. */
  readonly token: string
  readonly answer: (request: Request) => Effect.Effect<Answer, unknown>
}

/** Serves both, until the scope closes. */
export const serveProject = (place: ProjectPlace, service: ProjectService): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Effect.runForkWith(yield* Effect.context())
    yield* listen(place.brokerSocket, (socket) => {
      run(service.broker.attachPort(acceptSocket(socket)).pipe(Effect.ignore))
    })
    const answering = new Set<Promise<void>>()
    yield* listen(place.projectSocket, (socket) => {
      const answered = serveRequest(socket, service).finally(() => answering.delete(answered))
      answering.add(answered)
    })
    // Whoever has asked for the end is told that it has come.
    yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all(answering)))
  })

const listen = (path: string, onConnection: (socket: Socket) => void): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<() => Promise<void>, Failure>((resume) => {
      const open = new Set<Socket>()
      const server = createServer((socket) => {
        open.add(socket)
        socket.once("close", () => open.delete(socket))
        onConnection(socket)
      })
      server.maxConnections = MAX_CONNECTIONS
      // Nobody else has the project's lock, so this is what one that was killed has left.
      rmSync(path, { force: true })
      server.once("error", (cause) =>
        resume(
          Effect.fail(
            new Failure({ exitCode: exitCodes.unavailable, message: `Cannot listen at ${path}: ${cause.message}` })
          )
        )
      )
      server.listen(path, () => {
        chmodSync(path, 0o600)
        resume(Effect.succeed(() => close(server, open)))
      })
    }),
    (stop) => Effect.promise(stop)
  ).pipe(Effect.asVoid)

const close = (server: ReturnType<typeof createServer>, open: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of open) socket.destroySoon()
  })

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(SignedRequest), { onExcessProperty: "error" })
const encode = Schema.encodeSync(Schema.fromJsonString(Answer))

const serveRequest = async (socket: Socket, service: ProjectService): Promise<void> => {
  socket.on("error", () => {})
  const impatience = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS).unref()
  const line = await readLine(socket)
  clearTimeout(impatience)
  const signed = line === undefined ? undefined : decode(line)
  if (signed === undefined || Result.isFailure(signed)) return void socket.destroy()
  const { token, request } = signed.success
  const answer = isSame(token, service.token)
    ? await Effect.runPromise(service.answer(request).pipe(Effect.catch((error) => Effect.succeed(refuse(error)))))
    : refuse(
        new Failure({ exitCode: exitCodes.denied, message: "The token is not this project's.", code: "InvalidToken" })
      )
  socket.end(`${encode(answer)}\n`)
}

const refuse = (error: unknown): Answer => {
  const { message, exitCode, code } = asFailure(error)
  return { _tag: "Refused", message, exitCode, ...(code !== undefined && { code }) }
}

/** Without telling by the time that it takes how much of it is right. */
const isSame = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest())
  return timingSafeEqual(a!, b!)
}
