/** Messages that are nearly right: a good one, of which one to three places are not as they should be. */
import type { Loose } from "../raw-client.ts"
import { anything, fields, numbers, type Random, setOwn, words } from "./random.ts"

type Mutation = (random: Random, value: Loose, good: ReadonlyArray<Loose>) => unknown

/** A sparse list of 4 thousand million is one thing: who copies it has filled its memory. */
const MAX_COPIED = 5000

const isTree = (value: Loose): boolean =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !(value.length > MAX_COPIED)

const copyOf = (value: Loose): Loose => (Array.isArray(value) ? [...value] : { ...value })

const change = (value: Loose, key: string, to: unknown): Loose => {
  const copy = copyOf(value)
  setOwn(copy, key, to)
  return copy
}

/** Of texts and numbers: those beside them. Of everything: something of another kind. */
const nearby: Mutation = (random, value) => {
  if (typeof value === "string") {
    const at = random.below(value.length + 1)
    const piece = random.pick([...words, "\0", "\ud800", "\u202e", " ", value, "x".repeat(random.below(5000))])
    return random.pick([value.slice(0, at), value.slice(at), value.slice(0, at) + piece + value.slice(at), piece])
  }
  if (typeof value === "number")
    return random.pick([value + 1, value - 1, -value, value / 2, String(value), ...numbers])
  if (typeof value === "boolean") return random.pick([!value, String(value), 1, 0, null])
  return anything(random)
}

const replace: Mutation = (random) => anything(random)

const drop: Mutation = (random, value) => {
  if (!isTree(value)) return undefined
  const keys = Object.keys(value)
  if (Array.isArray(value)) return value.toSpliced(random.below(value.length + 1), 1)
  const gone = random.pick(keys)
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== gone))
}

const add: Mutation = (random, value) => {
  if (!isTree(value)) return [value]
  return Array.isArray(value)
    ? [...value, ...value, anything(random)]
    : change(value, random.pick(fields), anything(random))
}

const swap: Mutation = (random, value) => {
  if (!isTree(value)) return { value }
  const keys = Object.keys(value)
  if (keys.length < 2) return [value]
  const [one, two] = [random.pick(keys), random.pick(keys)]
  return change(change(value, one, value[two]), two, value[one])
}

/** A piece of another good message in this place. */
const splice: Mutation = (random, _value, good) => {
  let piece: Loose = random.pick(good)
  for (let depth = random.below(6); depth > 0 && isTree(piece) && Object.keys(piece).length > 0; depth--) {
    piece = piece[random.pick(Object.keys(piece))]
  }
  return piece
}

const deepen: Mutation = (random, value) => {
  let nested: Loose = value
  for (let depth = random.below(20); depth > 0; depth--) nested = random.pick([[nested], { payload: nested }])
  return nested
}

const mutations: ReadonlyArray<Mutation> = [nearby, nearby, replace, drop, add, swap, splice, deepen]

/** One place of a good value is changed, mostly a deep one: what is wrong at the top is refused at the top. */
const mutateOnce = (random: Random, value: Loose, good: ReadonlyArray<Loose>): unknown => {
  if (!isTree(value) || Object.keys(value).length === 0 || random.next() < 0.12)
    return random.pick(mutations)(random, value, good)
  const key = random.pick(Object.keys(value))
  return change(value, key, mutateOnce(random, value[key], good))
}

export const mutate = (random: Random, good: ReadonlyArray<Loose>): unknown => {
  let message: unknown = random.pick(good)
  for (let count = 1 + random.below(3); count > 0; count--) message = mutateOnce(random, message, good)
  return message
}
