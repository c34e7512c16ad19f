/** Values of every shape that a message can carry, the same for the same seed. */
/** Mulberry32: small, fast, and the same for the same seed. */
export const makeRandom = (from: number) => {
  let state = from | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <A>(list: ReadonlyArray<A>): A => list[below(list.length)]!
  return { next, below, pick }
}

export type Random = ReturnType<typeof makeRandom>

export const words = [
  "APPLY",
  "GET",
  "SET",
  "CONSTRUCT",
  "ENDPOINT",
  "RELEASE",
  "RAW",
  "HANDLER",
  "proxy",
  "throw",
  "spawn",
  "connect",
  "release",
  "kill",
  "attenuate",
  "revoke",
  "explain",
  "pipeline",
  "attach",
  "list",
  "get",
  "status",
  "__proto__",
  "constructor",
  "prototype",
  "then",
  "toString",
  "",
  "x",
  "\0",
  "../../bin/sh",
  "sh",
  "true",
  "SIGKILL",
  "Input",
  "InputEnd",
  "Credit",
  "Drain",
  "Data",
  "length",
  "p-0123456789abcdef01234567"
]
export const fields = [
  "id",
  "type",
  "path",
  "argumentList",
  "value",
  "name",
  "payload",
  "channel",
  "spec",
  "target",
  "signal",
  "pid",
  "token",
  "version",
  "data",
  "_tag",
  "fd",
  "bytes",
  "command",
  "args",
  "env",
  "cwd",
  "stdin",
  "windowBytes",
  "policy",
  "commands",
  "match",
  "rest",
  "stages",
  "links",
  "__proto__"
]
export const numbers = [0, -0, 1, 2, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308]

const leaves: ReadonlyArray<(random: Random) => unknown> = [
  (random) => random.pick(words),
  (random) => random.pick(numbers),
  () => undefined,
  () => null,
  (random) => random.next() < 0.5,
  (random) => 2n ** BigInt(random.below(100)),
  (random) => new Uint8Array(random.below(50)),
  (random) => new Float64Array(random.below(5)),
  (random) => new ArrayBuffer(random.below(50)),
  (random) => new SharedArrayBuffer(random.below(50)),
  () => new Date(NaN),
  () => /(a+)+$/u,
  () => new RangeError("random"),
  (random) => new Map([[random.pick(words), 1]]),
  (random) => new Set([random.pick(words)]),
  (random) => Object.assign([], { length: random.pick([0, 1, 5, 4096, 2 ** 32 - 1]) })
]

export const anything = (random: Random, depth = 0): unknown => {
  const kind = depth > 4 ? 0 : random.below(5)
  if (kind === 3) return Array.from({ length: random.below(4) }, () => anything(random, depth + 1))
  if (kind === 4) return anyObject(random, depth)
  return random.pick(leaves)(random)
}

const anyObject = (random: Random, depth: number): object => {
  const object: Record<string, unknown> = {}
  for (let count = random.below(5); count > 0; count--) {
    const name = random.pick(fields)
    setOwn(object, name, anything(random, depth + 1))
  }
  return object
}

/** As an own property, also where the name is that of the prototype. */
export const setOwn = (object: object, name: string, value: unknown): void => {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
