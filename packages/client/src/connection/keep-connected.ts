import { BrokerUnavailable, type Port } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { type ConnectError, connectSession, type Session } from "./connect-session.ts"

/** How long a call waits for the next session. A broker that is replaced is back after some 400 ms. */
const PATIENCE = "10 seconds"

/** How long a session that has ended still hears what was asked before, such as why it has. Mostly there is nothing to hear. */
const LAST_ANSWERS = "1 second"

/** Between two tries to connect: short at first, since a broker that was there is mostly there again at once. */
const untilConnected = Schedule.min([Schedule.exponential("20 millis"), Schedule.spaced("1 second")]).pipe(
  Schedule.jittered
)

/** Why there is no session, and whether to ask again is of no use. */
interface Refusal {
  readonly error: ConnectError
  readonly isLast: boolean
}

/** A session, and after its end another one with the same token, for as long as there are ports. */
export interface Line {
  readonly first: Session
  /** The session of now. Waits for the next one, if it has just ended. */
  readonly current: Effect.Effect<Session, ConnectError>
}

/**
 * Connects, and connects again whenever the broker has ended the connection, until the scope closes.
 *
 * `ports` is run for each connection. If it fails, or the token is not good any more, that is the last word: what is asked
 * from then on fails with it. `withoutPort: "ask again"`: where ports come over a network, that there is none now says nothing
 * about later; but the first connection is tried once.
 */
export const keepConnected = (
  ports: Effect.Effect<Port, ConnectError>,
  token: string,
  withoutPort: "give up" | "ask again" = "give up"
): Effect.Effect<Line, ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const run = Effect.runForkWith(yield* Effect.context())
    let current: Effect.Effect<Session, ConnectError>

    const connectOnce: Effect.Effect<Session, Refusal> = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const own = yield* Scope.fork(scope)
        let answered: Effect.Effect<unknown> = Effect.void
        const ended = (): void => {
          reconnect()
          run(Effect.forkIn(Effect.ensuring(answered, Scope.close(own, Exit.void)), scope))
        }
        const connecting = ports.pipe(
          Effect.mapError((error): Refusal => ({ error, isLast: withoutPort === "give up" || !isUnavailable(error) })),
          Effect.flatMap((port) =>
            Effect.mapError(connectSession(port, token, ended), (error) => ({ error, isLast: !isUnavailable(error) }))
          ),
          Scope.provide(own)
        )
        const session = yield* Effect.onError(restore(connecting), (cause) => Scope.close(own, Exit.failCause(cause)))
        answered = Effect.timeoutOption(session.answered, LAST_ANSWERS)
        return session
      })
    )

    const reconnect = (): void => {
      const next = Deferred.makeUnsafe<Session, ConnectError>()
      current = Effect.timeoutOrElse(Deferred.await(next), {
        duration: PATIENCE,
        orElse: () => Effect.fail(notBack)
      })
      const settled = connectOnce.pipe(
        Effect.retry({ schedule: untilConnected, while: ({ isLast }) => !isLast }),
        Effect.mapError(({ error }) => error),
        Effect.exit,
        Effect.map((exit) => {
          // Unless it is lost again already.
          if (!Deferred.doneUnsafe(next, exit)) return
          current = exit
        })
      )
      run(Effect.forkIn(settled, scope))
    }

    const first = yield* Effect.mapError(connectOnce, ({ error }) => error)
    current = Effect.succeed(first)
    return { first, current: Effect.suspend(() => current) }
  })

const isUnavailable = (error: ConnectError): boolean => error instanceof BrokerUnavailable

const notBack = new BrokerUnavailable({ reason: `it went, and was not back within ${PATIENCE}` })
