import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { connect, eventually, spawnScript } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

export const arrival = (it: SuiteIt): void => {
  it.effect("`all` keeps the order in which chunks came out of the process, also where credit kept some back", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // More than is sent unasked, so that part of it waits in the broker when the other stream speaks.
      const script = "head -c 300000 /dev/zero | tr '\\0' o; read line; printf EEE >&2; read line; printf ooo"
      const process = yield* spawnScript(client, script)
      const until = (bytes: number, stream: "stdout" | "stderr") =>
        eventually(`${bytes} bytes are there`, process.status, (status) => status.bytes[stream] === bytes)
      yield* until(300_000, "stdout")
      yield* process.write("\n")
      yield* until(3, "stderr")
      yield* process.write("\n")
      yield* until(300_003, "stdout")
      const all = yield* process.all.pipe(Stream.decodeText, Stream.mkString)
      assert.strictEqual(all.length, 300_006)
      assert.strictEqual(all.indexOf("E"), 300_000)
      assert.strictEqual(all.slice(300_000), "EEEooo")
    })
  )

  it.effect("`all` keeps the order where both streams are kept back in turn", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `for i in 1 2 3 4 5 6; do
        head -c 50000 /dev/zero | tr '\\0' "$i"; read line; head -c 50000 /dev/zero | tr '\\0' "$i" >&2; read line
      done`
      const process = yield* spawnScript(client, script)
      for (let round = 1; round <= 6; round++) {
        for (const stream of ["stdout", "stderr"] as const) {
          yield* eventually("its part is there", process.status, ({ bytes }) => bytes[stream] === round * 50_000)
          yield* process.write("\n")
        }
      }
      const all = yield* process.all.pipe(Stream.decodeText, Stream.mkString)
      assert.strictEqual(all, ["1", "2", "3", "4", "5", "6"].map((digit) => digit.repeat(100_000)).join(""))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )
}
