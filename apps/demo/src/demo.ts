/** The demo from the first process to the exit code. */
import { Broker, type BrokerHandle } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import { Board } from "./board/Board.ts"
import { runGauge } from "./board/Gauge.ts"
import { makeJobs } from "./jobs/index.ts"
import { awaitLeftovers, reportStop } from "./leftovers.ts"
import { makePlaces } from "./places.ts"
import { policies, SECRET_NAME } from "./policies.ts"
import type { ExitCode } from "./run-to-exit.ts"
import { runJobs } from "./run-jobs.ts"
import { chooseScreen } from "./screen/choose-screen.ts"
import { isAsExpected, type Outcome, summarize } from "./summary.ts"

/** How long processes get to end by themselves when the broker closes. None of the demo's needs long. */
const SHUTDOWN_GRACE = "1 second"

/** The whole demo. `quit`: what a key press that means Ctrl-C calls. */
export const demo = (quit: () => void) =>
  Effect.gen(function* () {
    const started = new Set<number>()
    const worked = yield* work(quit, started).pipe(
      Effect.scoped,
      Effect.onInterrupt(() => reportStop(started))
    )
    const outcome: Outcome = { ...worked, leftovers: yield* awaitLeftovers(started) }
    yield* print(summarize(outcome, process.stdout.columns))
    return (isAsExpected(outcome) ? 0 : 1) satisfies ExitCode
  })

/** Does all the work, and notes in `started` each process group that there ever was. */
const work = (quit: () => void, started: Set<number>) =>
  Effect.gen(function* () {
    const secret = plantSecret()
    const places = yield* makePlaces
    const board = new Board(makeJobs(places, secret), started)
    yield* print(["Starting a broker"])
    const broker = yield* Broker.start({ shutdownGrace: SHUTDOWN_GRACE, policyWarnings: "ignore" })
    yield* print(["Connecting a builder, a reader and a guest, each with a token of its own"])
    const granted = policies(places)
    const clients = yield* Effect.all({
      builder: connect(broker, granted.builder),
      reader: connect(broker, granted.reader),
      guest: connect(broker, granted.guest)
    })
    const screen = yield* Effect.promise(chooseScreen)
    const gauge = yield* runGauge(board)
    yield* Effect.scoped(Effect.andThen(screen({ board, gauge, quit }), runJobs(board, clients, places.scratch)))
    return { board, gauge, durationMs: performance.now() - board.startedAt }
  })

const connect = (broker: BrokerHandle, policy: Parameters<BrokerHandle["mint"]>[0]) =>
  Effect.flatMap(Effect.all([broker.openPort(), broker.mint(policy)]), ([port, token]) => Client.connect(port, token))

/** A value that must not get out of this process. It is there before the broker is, so that the broker could inherit it. */
const plantSecret = (): string => (process.env[SECRET_NAME] = randomUUID())

const print = (lines: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.sync(() => void process.stdout.write(`${lines.join("\n")}\n`))
