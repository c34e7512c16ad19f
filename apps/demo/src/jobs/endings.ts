/** Every way in which a process can end, other than well. Each must be told for what it was. */
import { describeExit } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Places } from "../places.ts"
import type { Ending, Finished } from "./Desk.ts"
import { expect, type Job } from "./Job.ts"

const SLEEPERS = 6

export const endingJobs = (places: Places): ReadonlyArray<Job> => [
  ...Array.from({ length: SLEEPERS }, (_, index) => killedSleeper(index + 1)),
  timedOut,
  failing(places),
  diesBySignal(places),
  stubborn(places),
  family
]

const killedSleeper = (number: number): Job => ({
  name: `sleeper ${number}, killed`,
  group: "endings",
  client: "guest",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const sleeper = yield* desk.spawn("sleep", ["90"])
      yield* desk.crowd
      yield* Effect.sleep(number * 700)
      yield* sleeper.kill()
      return yield* expectEnding(yield* sleeper.exit, "SIGTERM", "client")
    })
})

const timedOut: Job = {
  name: "one that times out",
  group: "endings",
  client: "guest",
  run: (desk) =>
    Effect.flatMap(desk.run("sleep", ["80"], { timeout: "3 seconds" }), (ending) =>
      expectEnding(ending, "SIGTERM", "timeout")
    )
}

const failing = ({ node, scripts }: Places): Job => ({
  name: "one that exits with 3",
  group: "endings",
  client: "builder",
  run: (desk) =>
    Effect.gen(function* () {
      const { exit, stderr } = yield* desk.run(node, ["fail.ts"], { cwd: scripts })
      yield* expect(exit._tag === "Exited" && exit.code === 3, `it ended with ${describeExit(exit)}`)
      yield* expect(stderr === "no such luck\n", "its stderr is not what it wrote")
      return "exit code 3, with its stderr"
    })
})

const diesBySignal = ({ node, scripts }: Places): Job => ({
  name: "one that dies by a signal",
  group: "endings",
  client: "builder",
  run: (desk) =>
    Effect.flatMap(desk.run(node, ["die.ts"], { cwd: scripts }), (ending) => expectEnding(ending, "SIGKILL", undefined))
})

/** It is not signalled before it says that it is ready. */
const stubborn = ({ node, scripts }: Places): Job => ({
  name: "one that ignores SIGTERM",
  group: "endings",
  client: "builder",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const process = yield* desk.spawn(node, ["ignore-sigterm.ts"], { cwd: scripts, stdin: "ignore" })
      yield* Stream.runHead(process.stdout)
      yield* desk.crowd
      yield* process.kill({ forceKillAfter: "1 second" })
      return yield* expectEnding(yield* process.exit, "SIGKILL", "client")
    })
})

/** Its children are in its process group, and end with it. That they did is checked at the end of the demo. */
const family: Job = {
  name: "a shell with children",
  group: "endings",
  client: "builder",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const shell = yield* desk.spawn("sh", ["-c", "sleep 70 & sleep 70 & wait"], { stdin: "ignore" })
      yield* desk.crowd
      yield* shell.kill()
      return yield* expectEnding(yield* shell.exit, "SIGTERM", "client")
    })
}

const expectEnding = ({ exit, killedBy }: Ending | Finished, signal: string, by: Ending["killedBy"]) =>
  Effect.as(
    expect(
      exit._tag === "Signaled" && exit.signal === signal && killedBy === by,
      `it ended with ${describeExit(exit)}, by ${killedBy ?? "itself"}; expected was ${signal}, by ${by ?? "itself"}`
    ),
    `${signal}, by ${by ?? "itself"}`
  )
