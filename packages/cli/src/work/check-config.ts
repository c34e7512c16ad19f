import * as Effect from "effect/Effect"
import { answer } from "../command/output.ts"
import { shorten } from "../mistakes/JsonFile.ts"
import { readProject } from "./up.ts"

/** What `up` would find wrong before it starts anything. */
export const checkConfig = (config: string | undefined) =>
  Effect.gen(function* () {
    const { project } = yield* readProject(config)
    const daemons = project.daemons.map(({ name }) => name)
    yield* answer(
      { file: project.file, daemons, mistakes: [] },
      () => `${shorten(project.file)}: nothing is wrong with it`
    )
  })
