/** Decisions and ends, as lines of one list, from facts and from the history. */
import type { BusEvent, HistoryRecord } from "@spawnbroker/client"
import { showCommand, showEnd } from "../processes/words.ts"

export const outcomes = ["allowed", "denied", "failed", "ended", "noted"] as const
export type Outcome = (typeof outcomes)[number]

export interface Entry {
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly outcome: Outcome
  readonly who: string
  readonly what: string
  readonly rule: string
  /** The process that it is about. */
  readonly id?: string
}

type Told = Omit<Entry, "key" | "at" | "who"> & { readonly who?: string | undefined }

type Tellers = { readonly [Tag in BusEvent["_tag"]]?: (event: Extract<BusEvent, { readonly _tag: Tag }>) => Told }

const tellers: Tellers = {
  ProcessStarted: (event) => ({ outcome: "allowed", what: showCommand(event), rule: event.rule, id: event.id }),
  PermissionDenied: ({ operation, command, args = [], target = "", rule }) => ({
    outcome: "denied",
    what: `${operation} ${command === undefined ? target : showCommand({ command, args })}`,
    rule
  }),
  StartFailed: (event) => ({
    outcome: "failed",
    what: `${showCommand(event)}: ${event.error} ${event.reason ?? ""}`,
    rule: ""
  }),
  ProcessExited: ({ command, exit, killedBy, id }) => ({
    outcome: "ended",
    what: `${command}: ${showEnd({ exit, killedBy })}`,
    rule: "",
    id
  }),
  ConnectRefused: ({ error, reason = "", tokenId = "" }) => ({
    outcome: "denied",
    what: `connect ${tokenId}: ${error} ${reason}`,
    rule: ""
  }),
  TokenRefused: ({ operation, error }) => ({ outcome: "denied", what: `${operation}: ${error}`, rule: "" }),
  TokenMinted: ({ tokenId }) => ({ outcome: "allowed", what: `token ${tokenId} minted`, rule: "" }),
  TokenRevoked: ({ tokenId }) => ({ outcome: "ended", what: `token ${tokenId} revoked`, rule: "" }),
  TokenExpired: ({ tokenId }) => ({ outcome: "ended", what: `token ${tokenId} expired`, rule: "" }),
  HostNoted: ({ act, by, target = "" }) => ({
    outcome: "noted",
    what: `${act} ${target}`,
    rule: "",
    who: by === undefined ? undefined : `user:${by}`
  })
}

/** Nothing, of a fact that is neither a decision nor an end. */
export const entriesOf = (event: BusEvent): ReadonlyArray<Entry> => {
  const told = (tellers[event._tag] as ((event: BusEvent) => Told) | undefined)?.(event)
  if (told === undefined) return []
  const who = told.who ?? ("subject" in event ? event.subject : "")
  return [{ ...told, who, at: event.at, key: told.id === undefined ? `fact ${event.at} ${event.seq}` : keyOf(told) }]
}

/** A start that was allowed, and its end where there was one. */
export const entriesOfRecord = (record: HistoryRecord): ReadonlyArray<Entry> => {
  const { id, subject: who, startedAt, exitedAt, exit, killedBy, command, rule } = record
  const start = { outcome: "allowed" as const, who, what: showCommand(record), rule, id }
  const end = { outcome: "ended" as const, who, rule: "", id }
  return [
    { ...start, at: startedAt, key: keyOf(start) },
    ...(exitedAt === undefined || exit === undefined
      ? []
      : [{ ...end, at: exitedAt, what: `${command}: ${showEnd({ exit, killedBy })}`, key: keyOf(end) }])
  ]
}

/** The same for what a fact and the history tell of one process, so that it is shown once. */
const keyOf = ({ outcome, id }: Pick<Entry, "outcome" | "id">): string => `${outcome} ${id}`

/** All of them once, the youngest first. */
export const merge = (...lists: ReadonlyArray<ReadonlyArray<Entry>>): ReadonlyArray<Entry> =>
  [...new Map(lists.flat().map((entry) => [entry.key, entry])).values()].toSorted((one, other) => other.at - one.at)

export interface AuditFilter {
  /** Of all, where it is empty; so with the others. */
  readonly outcome: Outcome | ""
  readonly who: string
  readonly text: string
}

export const passes = ({ outcome, who, text }: AuditFilter, entry: Entry): boolean =>
  (outcome === "" || entry.outcome === outcome) &&
  (who === "" || entry.who === who) &&
  `${entry.rule} ${entry.what}`.toLowerCase().includes(text.toLowerCase())
