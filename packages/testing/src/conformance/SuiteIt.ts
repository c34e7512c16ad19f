import type { Vitest } from "@effect/vitest"
import type { Broker } from "@spawnbroker/broker"

/** Where a section registers its tests: each gets the broker of the suite, and a scope of its own. */
export type SuiteIt = Vitest.MethodsNonLive<Broker>
