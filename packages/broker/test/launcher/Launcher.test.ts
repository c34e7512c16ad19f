import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import { WIDE_PIPE_BYTES } from "../../src/child/posix-spawn.ts"
import { entryFile } from "../../src/link/entry-file.ts"
import { fillPipe } from "../child/fill-pipe.ts"
import { Launcher } from "../../src/worker/spawn/Launcher.ts"

const openLauncher = Effect.acquireRelease(
  Effect.promise(() =>
    Launcher.start(
      { file: fileURLToPath(entryFile("launcher/main")), execPath: process.execPath, codeCache: undefined },
      randomBytes(8).toString("hex")
    )
  ),
  (launcher) => Effect.promise(() => launcher.close())
)

/** More than it takes until a pipe is widened. */
const MANY = 4_000_000

const shell = (script: string) => ({ file: "/bin/sh", argv0: "sh", args: ["-c", script], cwd: "/", env: {} })

describe("a launcher", () => {
  it.live("widens the pipe through which much has come, and no other", () =>
    Effect.gen(function* () {
      const launcher = yield* openLauncher
      // Nothing is redirected: a shell has the other stream as its own meanwhile.
      const script = `head -c ${MANY} /dev/zero; read line`
      const stdio = ["input", "output", "output"] as const
      const { pid, inputs, outputs, exited } = yield* Effect.promise(() => launcher.spawn({ ...shell(script), stdio }))
      const [out, err] = [outputs.get(1)!, outputs.get(2)!]
      let bytes = 0
      err.start({ data: () => {}, end: () => {} })
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) =>
            out.start({ data: (chunk) => void ((bytes += chunk.byteLength) === MANY && resolve()), end: () => {} })
          )
      )
      // It answers once it has done what it was told before.
      yield* Effect.promise(() => launcher.measure())
      out.pause()
      err.pause()
      const [wide, usual] = [fillPipe(`/proc/${pid}/fd/1`), fillPipe(`/proc/${pid}/fd/2`)]
      assert.strictEqual(wide, WIDE_PIPE_BYTES)
      assert.strictEqual(usual, WIDE_PIPE_BYTES / 2)
      out.resume()
      err.resume()
      inputs.get(0)!.end()
      assert.deepInclude(yield* Effect.promise(() => exited), { code: 1 })
    }).pipe(Effect.scoped)
  )
})
