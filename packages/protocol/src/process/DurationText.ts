import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A time as it is written in a policy: `"90 seconds"`, `"8 hours"`. More than none, and not endless. */
export const DurationText = Schema.String.check(
  Schema.isMaxLength(100),
  Schema.makeFilter<string>((text) => isDuration(text) || 'a duration such as "90 seconds" or "8 hours"', {
    toJsonSchema: () => ({ pattern: "^\\d+(\\.\\d+)?\\s+(nano|micro|milli|second|minute|hour|day|week)s?$" })
  })
)

const isDuration = (text: string): boolean =>
  Option.match(Duration.fromInput(text as Duration.Input), {
    onNone: () => false,
    onSome: (parsed) => Duration.isFinite(parsed) && Duration.toMillis(parsed) > 0
  })
