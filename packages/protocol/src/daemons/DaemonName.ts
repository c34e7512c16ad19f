import * as Schema from "effect/Schema"

/** What a daemon is called, in one broker once. It may be part of the name of a file. */
export const DaemonName = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/u), Schema.isMaxLength(64))
export type DaemonName = typeof DaemonName.Type

/** Instances of one daemon at most. Higher: one specification can start more processes. */
export const MAX_REPLICAS = 64

/** The number of one instance of a daemon, from 1 on. */
export const Replica = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_REPLICAS }))
export type Replica = typeof Replica.Type
