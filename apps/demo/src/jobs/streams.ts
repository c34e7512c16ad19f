/** Processes whose output is counted to the last byte. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { CHUNK_BYTES, mixedBytes, pacedInput } from "./input.ts"
import { expect, type Job } from "./Job.ts"

const CHUNKS = 90
const FED_BYTES = CHUNKS * CHUNK_BYTES
const FLOOD_BYTES = 256 * 1024 * 1024

/** `wc` and `cat` are fed slowly; `head` writes as fast as the machine can. */
export const streamJobs = (): ReadonlyArray<Job> => [
  ...[4, 6, 8].flatMap((seconds) => [counted(seconds), copied(seconds)]),
  flood,
  flood
]

const counted = (seconds: number): Job => ({
  name: "wc counts what it is fed",
  group: "streams",
  client: "reader",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const { stdout } = yield* desk.run("wc", ["-c"], { input: pacedInput(mixedBytes(CHUNKS), seconds, desk.crowd) })
      yield* expect(Number(stdout) === FED_BYTES, `wc counted ${stdout.trim()} of ${FED_BYTES} bytes`)
      return `all ${FED_BYTES.toLocaleString("en")} bytes`
    })
})

const copied = (seconds: number): Job => ({
  name: "cat gives back what it is fed",
  group: "streams",
  client: "reader",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const cat = yield* desk.spawn("cat")
      const input = pacedInput(mixedBytes(CHUNKS), seconds, desk.crowd)
      const [bytes] = yield* Effect.all([countBytes(cat.stdout), cat.feed(input)], { concurrency: "unbounded" })
      yield* cat.exit
      yield* expect(bytes === FED_BYTES, `cat gave back ${bytes} of ${FED_BYTES} bytes`)
      return `all ${bytes.toLocaleString("en")} bytes`
    })
})

const flood: Job = {
  name: "head writes 256 MiB",
  group: "streams",
  client: "reader",
  run: (desk) =>
    Effect.gen(function* () {
      const head = yield* desk.spawn("head", ["-c", String(FLOOD_BYTES), "/dev/zero"], { stdin: "ignore" })
      const bytes = yield* countBytes(head.stdout)
      yield* head.exit
      yield* expect(bytes === FLOOD_BYTES, `${bytes} of ${FLOOD_BYTES} bytes came`)
      return `all ${bytes.toLocaleString("en")} bytes`
    })
}

const countBytes = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<number, E> =>
  Stream.runFold(
    stream,
    () => 0,
    (sum, chunk) => sum + chunk.byteLength
  )
