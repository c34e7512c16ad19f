/** Tasks of ours that may take for ever, so that they are only ever run under a limit. */
import type { MatchText, TextMatch } from "../../pool/tasks/match-text.ts"
import { entryFile } from "../../link/entry-file.ts"
import type { GuardedTask } from "./Transforms.ts"

/** Finds what a native expression, perhaps a client's, matches in a text. */
export const matchText = (): GuardedTask<MatchText, ReadonlyArray<TextMatch>> => ({
  name: "match",
  module: entryFile("pool/tasks/match-text").href
})
