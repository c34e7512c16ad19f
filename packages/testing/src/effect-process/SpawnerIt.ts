import type { Vitest } from "@effect/vitest"
import type { ChildProcessSpawner } from "effect/process"

/** Where a section registers its tests: each gets the spawner of the suite, and a scope of its own. */
export type SpawnerIt = Vitest.MethodsNonLive<ChildProcessSpawner.ChildProcessSpawner>
