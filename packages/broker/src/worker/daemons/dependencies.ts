/** What depends on what, by name. */
export type DependencyGraph = ReadonlyMap<string, ReadonlyArray<string>>

/** A cycle, from a name back to itself, if there is one. */
export const findCycle = (graph: DependencyGraph): ReadonlyArray<string> | undefined => {
  /** From these nothing leads back. */
  const isClear = new Set<string>()
  for (const start of graph.keys()) {
    /** The way to where we are: each name with those of its dependencies that are still to be looked at. */
    const way = new Map<string, Iterator<string>>()
    const enter = (name: string): void => void way.set(name, (graph.get(name) ?? []).values())
    if (!isClear.has(start)) enter(start)
    for (let name: string | undefined = start; name !== undefined && way.has(name);) {
      const next = way.get(name)!.next()
      if (next.done === true) {
        isClear.add(name)
        way.delete(name)
        name = [...way.keys()].at(-1)
      } else if (way.has(next.value)) {
        const names = [...way.keys()]
        return [...names.slice(names.indexOf(next.value)), next.value]
      } else if (!isClear.has(next.value)) {
        enter(next.value)
        name = next.value
      }
    }
  }
  return undefined
}

/** When one is stopped. */
export interface StopTurn {
  readonly name: string
  /** Once these are. */
  readonly after: ReadonlyArray<string>
  /** Turns of the longest way that begins with this one: to what it depends on, and so on. */
  readonly turns: number
}

/** The order in which they are stopped: each as soon as nobody depends on it any more, whatever the others do. */
export const stopOrder = (graph: DependencyGraph): ReadonlyArray<StopTurn> => {
  const waves = stopWaves(graph)
  const waveOf = new Map(waves.flatMap((names, wave) => names.map((name) => [name, wave])))
  const isBefore = (one: string, other: string): boolean => waveOf.get(one)! < (waveOf.get(other) ?? -1)
  const turns = new Map<string, number>()
  const after = new Map<string, Array<string>>([...graph.keys()].map((name) => [name, []]))
  for (const name of waves.toReversed().flat()) {
    const later = graph.get(name)!.filter((dependency) => isBefore(name, dependency))
    turns.set(
      name,
      later.reduce((most, dependency) => Math.max(most, turns.get(dependency)! + 1), 1)
    )
    for (const dependency of later) after.get(dependency)!.push(name)
  }
  return waves.flat().map((name) => ({ name, after: after.get(name)!, turns: turns.get(name)! }))
}

/**
 * Waves, each of those on whom nobody depends who is still there. Of those in a cycle nobody is free, so they come last, all at
 * once.
 */
const stopWaves = (graph: DependencyGraph): ReadonlyArray<ReadonlyArray<string>> => {
  /** How many there are still who depend on each. */
  const dependants = new Map([...graph.keys()].map((name) => [name, 0]))
  const count = (names: Iterable<string>, by: number): void => {
    for (const name of names) if (dependants.has(name)) dependants.set(name, dependants.get(name)! + by)
  }
  for (const dependencies of graph.values()) count(dependencies, 1)
  const waves: Array<ReadonlyArray<string>> = []
  while (dependants.size > 0) {
    const free = [...dependants.keys()].filter((name) => dependants.get(name) === 0)
    const wave = free.length > 0 ? free : [...dependants.keys()]
    for (const name of wave) dependants.delete(name)
    for (const name of wave) count(graph.get(name)!, -1)
    waves.push(wave)
  }
  return waves
}
