/** The commands' way to a project that is up. */
import { Client, type ClientHandle } from "@spawnbroker/client"
import { fromSocket } from "@spawnbroker/client/ports"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { findConfig } from "../config/find-config.ts"
import { exitCodes } from "../exit-codes.ts"
import { Failure, toFailure } from "../Failure.ts"
import { placeOf, type ProjectPlace } from "./ProjectPlace.ts"
import { readLine } from "./read-line.ts"
import { Answer, type Request, SignedRequest } from "./requests.ts"

/** The project of a configuration. */
export const findPlace = (config: string | undefined): Effect.Effect<ProjectPlace, Failure> =>
  Effect.try({ try: () => placeOf(findConfig(config)), catch: (cause) => cause as Failure })

/** A client of the project's broker, which sees all that it runs. */
export const connectProject = (config: string | undefined): Effect.Effect<ClientHandle, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const place = yield* findPlace(config)
    const socket = yield* connectTo(place.brokerSocket)
    return yield* Client.connect(fromSocket(socket), yield* tokenOf(place)).pipe(
      Effect.mapError((error) => toFailure(error))
    )
  })

/** Asks a project, and answers what it says; or fails as it says. */
export const askProject = (
  place: ProjectPlace,
  request: Request
): Effect.Effect<Exclude<Answer, { _tag: "Refused" }>, Failure> =>
  Effect.gen(function* () {
    const socket = yield* connectTo(place.projectSocket)
    socket.write(`${encode({ token: yield* tokenOf(place), request })}\n`)
    const line = yield* Effect.promise(() => readLine(socket))
    if (line === undefined) return yield* notUp("it has ended before it answered")
    const answer = decode(line)
    if (answer._tag !== "Refused") return answer
    const { message, exitCode, code } = answer
    return yield* new Failure({ message, exitCode, code })
  }).pipe(Effect.scoped)

const encode = Schema.encodeSync(Schema.fromJsonString(SignedRequest))
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Answer))

const tokenOf = ({ tokenFile }: ProjectPlace): Effect.Effect<string, Failure> =>
  Effect.try({
    try: () => readFileSync(tokenFile, "utf8").trim(),
    catch: (cause) => notUp(`its token cannot be read: ${(cause as NodeJS.ErrnoException).code}`)
  })

const connectTo = (path: string): Effect.Effect<Socket, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket, Failure>((resume) => {
      const socket = connect(path)
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.on("error", (cause: NodeJS.ErrnoException) => resume(Effect.fail(notUp(cause.code ?? cause.message))))
      return Effect.sync(() => socket.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroySoon())
  )

const notUp = (why: string): Failure =>
  new Failure({
    exitCode: exitCodes.unavailable,
    code: "NotUp",
    message: `The project is not up (${why}). Start it with \`spawnbroker up -d\`.`
  })
