import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { temporaryDirectory } from "../../src/harness.ts"

layer(Broker.layer(), { excludeTestServices: true })("a link that is swapped", (it) => {
  it.effect("while a program is started never runs what is denied, nor runs anything out of the roots", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const root = yield* temporaryDirectory
      for (const name of ["good", "evil"]) {
        mkdirSync(`${root}/${name}`)
        writeFileSync(`${root}/${name}/program`, `#!/bin/sh\necho ${name}; pwd -P\n`, { mode: 0o755 })
      }
      /** Another target for a link, in one step. */
      const point = (link: string, target: string): void => {
        symlinkSync(`${root}/${target}`, `${root}/${link}.new`)
        renameSync(`${root}/${link}.new`, `${root}/${link}`)
      }
      for (const [link, target] of [
        ["tool", "good/program"],
        ["place", "good"]
      ] as const)
        point(link, target)
      const token = yield* broker.mint({
        subject: "swap",
        commands: [{ command: `${root}/tool` }],
        deny: [`${root}/evil/program`],
        cwd: [`${root}/good`]
      })
      const client = yield* Client.connect(yield* broker.openPort(), token)
      const said = new Map<string, number>()
      const note = (words: string) => said.set(words, (said.get(words) ?? 0) + 1)
      const startOne = client
        .run(`${root}/tool`, [], { cwd: `${root}/place` })
        .pipe(Effect.match({ onFailure: ({ _tag }) => note(_tag), onSuccess: ({ stdout }) => note(stdout) }))
      for (let round = 0; round < 100; round++) {
        yield* Effect.forEach(Array.from({ length: 4 }), () => startOne, { concurrency: "unbounded" }).pipe(
          Effect.raceFirst(
            Effect.forever(
              Effect.sync(() => {
                const target = Math.random() < 0.5 ? "good" : "evil"
                point("tool", `${target}/program`)
                point("place", target)
              }).pipe(Effect.andThen(Effect.yieldNow))
            )
          )
        )
      }
      const allowed = [`good\n${root}/good\n`, "PermissionDenied", "SpawnFailed", "NotFound", "InvalidArgument"]
      for (const words of said.keys()) assert.include(allowed, words)
      assert.isAbove(said.get("PermissionDenied") ?? 0, 0)
      assert.isAbove(said.get(`good\n${root}/good\n`) ?? 0, 0)
    })
  )
})
