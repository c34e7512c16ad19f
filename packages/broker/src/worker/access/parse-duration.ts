import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** A time of a policy in milliseconds: of any length, unlike what a timer can count. Its schema has read it before. */
export const parseDuration = (text: string): number =>
  Option.match(Duration.fromInput(text as Duration.Input), { onNone: () => 0, onSome: Duration.toMillis })
