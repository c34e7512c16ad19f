import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import koffi from "koffi"
import { randomBytes } from "node:crypto"
import { closeSync, constants, openSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { WIDE_PIPE_BYTES } from "../../src/child/posix-spawn.ts"
import { entryFile } from "../../src/link/entry-file.ts"
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

const F_GETPIPE_SZ = 1032
const fcntl = koffi.load(null).func("int fcntl(int fd, int command, int argument)")

/** What a pipe holds, in bytes, by the path of one end. */
const sizeOf = (path: string): number => {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const size = fcntl(fd, F_GETPIPE_SZ, 0)
  closeSync(fd)
  return size
}

const shell = (script: string) => ({ file: "/bin/sh", argv0: "sh", args: ["-c", script], cwd: "/", env: {} })

describe("a launcher", () => {
  it.live("widens the pipe through which much has come, and no other", () =>
    Effect.gen(function* () {
      const launcher = yield* openLauncher
      const script = "head -c 4000000 /dev/zero; echo >&2; read line"
      const stdio = ["input", "output", "output"] as const
      const { pid, inputs, outputs, exited } = yield* Effect.promise(() => launcher.spawn({ ...shell(script), stdio }))
      let bytes = 0
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            outputs.get(1)!.start({ data: (chunk) => void (bytes += chunk.byteLength), end: () => {} })
            outputs.get(2)!.start({ data: () => resolve(), end: () => {} })
          })
      )
      // It answers once it has done what it was told before.
      yield* Effect.promise(() => launcher.measure())
      assert.strictEqual(sizeOf(`/proc/${pid}/fd/1`), WIDE_PIPE_BYTES)
      assert.strictEqual(sizeOf(`/proc/${pid}/fd/2`), WIDE_PIPE_BYTES / 2)
      inputs.get(0)!.end()
      assert.deepInclude(yield* Effect.promise(() => exited), { code: 1 })
      assert.strictEqual(bytes, 4_000_000)
    }).pipe(Effect.scoped)
  )
})
