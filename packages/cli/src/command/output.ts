/** What a command says: to a person, or with `--json` to a program. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Answer in JSON, one value; errors too, on stderr")
  )
})

/** One answer: its words, or its data. */
export const answer = (data: unknown, words: () => string) =>
  Effect.map(Json, (isJson) => print(isJson ? JSON.stringify(data) : words()))

/** One of many, as they come. */
export const print = (text: string): void => {
  if (text !== "") process.stdout.write(`${text}\n`)
}
