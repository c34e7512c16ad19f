import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash, type Hash } from "node:crypto"
import { mixedBytes, pacedInput } from "./input.ts"
import { expect, type Job } from "./Job.ts"

const ROUND_TRIPS = 12
const CHUNKS = 120

/** Bytes through `gzip` and back through a second one: what comes out must have the hash of what went in. */
export const gzipJobs = (): ReadonlyArray<Job> =>
  Array.from({ length: ROUND_TRIPS }, (_, index) => roundTrip(index + 1))

const roundTrip = (number: number): Job => ({
  name: `gzip round trip ${number}`,
  group: "gzip",
  client: "builder",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const compress = yield* desk.spawn("gzip", ["-c", `-${1 + (number % 6)}`])
      const expand = yield* desk.spawn("gzip", ["-dc"])
      const [before, after] = [createHash("sha256"), createHash("sha256")]
      const input = hashed(pacedInput(mixedBytes(CHUNKS), 5 + number * 0.6, desk.crowd), before)
      yield* Effect.all(
        [compress.feed(input), expand.feed(compress.stdout), Stream.runDrain(hashed(expand.stdout, after))],
        { concurrency: "unbounded", discard: true }
      )
      yield* Effect.all([compress.exit, expand.exit])
      const digest = before.digest("hex")
      yield* expect(digest === after.digest("hex"), "what came back has another SHA-256 than what went in")
      return `SHA-256 ${digest.slice(0, 8)}… is the same on both ends`
    })
})

const hashed = <E>(stream: Stream.Stream<Uint8Array, E>, hash: Hash): Stream.Stream<Uint8Array, E> =>
  Stream.tap(stream, (chunk) => Effect.sync(() => hash.update(chunk)))
