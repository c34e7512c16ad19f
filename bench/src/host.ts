/** One measurement in a process of its own: `node host.ts <scenario> <subject> <heap bytes>`. Prints its figures as JSON. */
import * as Effect from "effect/Effect"
import { growHeap } from "./heap.ts"
import { scenarios } from "./scenarios/index.ts"
import { subjects } from "./subjects/index.ts"

const [scenario = "", subject = "", heapBytes = "0"] = process.argv.slice(2)
const kept = growHeap(Number(heapBytes))
// What is measured is the subject, not the collection that building the heap has set off.
globalThis.gc?.()
const figures = await Effect.runPromise(
  Effect.scoped(
    Effect.flatMap(subjects[subject]!, (ready) => Effect.promise(() => scenarios[scenario]!.measure(ready)))
  )
)
console.log(JSON.stringify({ ...figures, heapObjects: kept.length }))
