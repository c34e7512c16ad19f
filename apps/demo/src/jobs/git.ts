import { isSuccess, type ProcessError } from "@spawnbroker/client"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import type { Places } from "../places.ts"
import type { Desk } from "./Desk.ts"
import { expect, type Job, type JobError, type Unexpected } from "./Job.ts"

interface Repository {
  readonly path: string
  readonly words: string
}

/**
 * The history of this repository, or of one made here: where there is no `.git` with commits, or git does not trust its
 * owner, as in many containers.
 *
 * The first job finds it for all; if it is skipped or fails, so do the others.
 */
export const gitJobs = (places: Places): ReadonlyArray<Job> => {
  const repository = Deferred.makeUnsafe<Repository, JobError>()
  return [findingJob(places, repository), ...commands.map((args) => gitJob(args, repository))]
}

const commands: ReadonlyArray<ReadonlyArray<string>> = [
  ["log", "--oneline"],
  ["log", "--stat"],
  ["log", "--format=%an %ad %s"],
  ["log", "-p"],
  ["shortlog", "-sn", "HEAD"],
  ["rev-list", "--count", "HEAD"]
]

const findingJob = (places: Places, repository: Deferred.Deferred<Repository, JobError>): Job => ({
  name: "a repository with a history",
  group: "git",
  client: "builder",
  run: (desk) =>
    Effect.gen(function* () {
      yield* Deferred.into(findRepository(desk, places), repository)
      return (yield* Deferred.await(repository)).words
    })
})

const gitJob = (args: ReadonlyArray<string>, repository: Deferred.Deferred<Repository, JobError>): Job => ({
  name: `git ${args.join(" ")}`,
  group: "git",
  client: "builder",
  run: (desk) =>
    Effect.gen(function* () {
      const { path, words } = yield* Deferred.await(repository)
      const { exit, stdout, stderr } = yield* desk.run("git", ["--no-pager", ...args], { cwd: path })
      yield* expect(isSuccess(exit) && stdout !== "", `git said: ${stderr.trim()}`)
      return `${(stdout.split("\n").length - 1).toLocaleString("en")} lines of ${words}`
    })
})

const findRepository = (desk: Desk, { project, scratch }: Places): Effect.Effect<Repository, JobError> =>
  Effect.gen(function* () {
    const { exit } = yield* desk.run("git", ["log", "-1", "--format=%h"], { cwd: project })
    return isSuccess(exit) ? { path: project, words: "this repository" } : yield* makeRepository(desk, scratch)
  })

const COMMITS = 200

const makeRepository = (desk: Desk, scratch: string): Effect.Effect<Repository, ProcessError | Unexpected> =>
  Effect.gen(function* () {
    const path = join(scratch, "repository")
    yield* succeed(desk, ["init", "-q", "-b", "main", path], scratch)
    yield* succeed(desk, ["fast-import", "--quiet"], path, history())
    return { path, words: "a repository made here" }
  })

const succeed = (
  desk: Desk,
  args: ReadonlyArray<string>,
  cwd: string,
  text?: string
): Effect.Effect<void, ProcessError | Unexpected> =>
  Effect.gen(function* () {
    const input = text === undefined ? {} : { input: Stream.succeed(new TextEncoder().encode(text)) }
    const { exit, stderr } = yield* desk.run("git", args, { cwd, ...input })
    yield* expect(isSuccess(exit), `git ${args[0]} said: ${stderr.trim()}`)
  })

/** Commits in the language of git-fast-import(1). */
const history = (): string => Array.from({ length: COMMITS }, (_, index) => commit(index + 1)).join("")

const commit = (number: number): string => {
  const message = `Change number ${number}`
  const content = `${message}\n`.repeat((number % 20) + 1)
  return [
    "commit refs/heads/main",
    `committer Demo <demo@example.org> ${1_700_000_000 + number * 3600} +0000`,
    `data ${message.length}`,
    message,
    `M 644 inline file-${number % 7}.txt`,
    `data ${content.length}`,
    content
  ].join("\n")
}
