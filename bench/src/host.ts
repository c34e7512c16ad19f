/**
 * One measurement in a process of its own, in Node, Bun or Deno: `host.ts <scenario> <subject> <ballast> <size>`. Prints its
 * figures as JSON.
 */
import { type BallastName, makeBallast } from "./instruments/ballast.ts"
import { collectGarbage } from "./instruments/collect-garbage.ts"
import type { Size } from "./scenarios/Scenario.ts"
import { type ScenarioName, scenarios } from "./scenarios/index.ts"
import { type SubjectName, subjects } from "./subjects/index.ts"

const [scenario, subject, ballast, size] = process.argv.slice(2) as [ScenarioName, SubjectName, BallastName, Size]
const makeSubject = await subjects[subject].load()
// The subject comes first, as in a program that has run for long, and what it starts is small like there.
const ready = await makeSubject()
await scenarios[scenario].warmUp(ready, size)
const kept = makeBallast(ballast)
await collectGarbage()
const figures = await scenarios[scenario].measure(ready, size)
await ready.close()
console.log(JSON.stringify({ figures, ballast: kept.length }))
