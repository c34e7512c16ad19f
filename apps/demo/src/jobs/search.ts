import { isSuccess } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import type { Places } from "../places.ts"
import { expect, type Job } from "./Job.ts"

const words = ["Scope", "Stream", "Layer", "Fiber", "Schema"]

/** The dependency tree, looked through with the reader's tools. */
export const searchJobs = ({ dependencies, effect }: Places): ReadonlyArray<Job> => [
  {
    name: "find all manifests of node_modules",
    group: "search",
    client: "reader",
    run: (desk) =>
      Effect.gen(function* () {
        const { exit, stdout } = yield* desk.run("find", [".", "-type", "f", "-name", "package.json"], {
          cwd: dependencies
        })
        yield* expect(isSuccess(exit) && stdout !== "", "find found no package.json")
        return `${countLines(stdout).toLocaleString("en")} package.json files`
      })
  },
  {
    name: "grep all manifests of node_modules",
    group: "search",
    client: "reader",
    run: (desk) =>
      Effect.gen(function* () {
        const { exit, stdout } = yield* desk.run("grep", ["-rlF", '"license": "MIT"', "--include=package.json", "."], {
          cwd: dependencies
        })
        yield* expect(isSuccess(exit), "grep found no MIT licence")
        return `${countLines(stdout).toLocaleString("en")} packages under MIT`
      })
  },
  {
    name: "find and grep agree",
    group: "search",
    client: "reader",
    run: (desk) =>
      Effect.gen(function* () {
        const [found, searched] = yield* Effect.all(
          [
            desk.run("find", [".", "-type", "f", "-name", "*.d.ts"], { cwd: effect }),
            desk.run("grep", ["-rc", "", "--include=*.d.ts", "."], { cwd: effect })
          ],
          { concurrency: "unbounded" }
        )
        const [files, counts] = [countLines(found.stdout), countLines(searched.stdout)]
        yield* expect(files > 0 && files === counts, `find names ${files} files, and grep ${counts}`)
        return `both name ${files.toLocaleString("en")} declaration files`
      })
  },
  ...words.map((word): Job => ({
    name: `grep ${word}`,
    group: "search",
    client: "reader",
    run: (desk) =>
      Effect.gen(function* () {
        const { exit, stdout } = yield* desk.run("grep", ["-rlw", word, "--include=*.d.ts", "."], { cwd: effect })
        yield* expect(isSuccess(exit), `grep found no ${word}`)
        return `${countLines(stdout)} files speak of ${word}`
      })
  }))
]

const countLines = (text: string): number => text.split("\n").length - 1
