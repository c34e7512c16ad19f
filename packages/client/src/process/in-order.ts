import type { Chunk, Incoming } from "./Incoming.ts"

/**
 * The stream whose first chunk comes next, in the order in which all came out of the process; none while that chunk is
 * still to come.
 */
export const nextOf = (incoming: ReadonlyArray<Incoming>): Incoming | undefined => {
  if (incoming.length === 1) return incoming[0]!.first === undefined ? undefined : incoming[0]
  let next: Incoming | undefined
  for (const each of incoming) {
    if (each.first !== undefined && (next === undefined || each.first.arrival < next.first!.arrival)) next = each
  }
  return next !== undefined && isComplete(next, incoming) ? next : undefined
}

/** Whether what the first chunk of a stream must come after has come. */
const isComplete = (stream: Incoming, all: ReadonlyArray<Incoming>): boolean => {
  const { held } = stream.first!
  return held === undefined || all.every((other) => other === stream || other.hasAllUpTo(held))
}

/** Takes all that is there, in order. */
export const takeInOrder = (incoming: ReadonlyArray<Incoming>): Array<Chunk> => {
  if (incoming.length === 1) return incoming[0]!.takeAll()
  const chunks: Array<Chunk> = []
  for (let next = nextOf(incoming); next !== undefined; next = nextOf(incoming)) chunks.push(next.takeOne())
  return chunks
}
