import type { Explanation, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Session } from "../connection/connect-session.ts"
import { findUnknownOption } from "../find-unknown-option.ts"
import type { SpawnOptions } from "../options.ts"
import { specOf } from "./spawn.ts"

export interface RevokeOptions {
  /**
   * Whether its processes are ended, too, and those of what was derived from it, and waited for.
   * @default false
   */
  readonly kill?: boolean | undefined
}

/** What the same spawn would be answered. */
export const explain = (
  session: Session,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<Explanation, ProcessError> =>
  Effect.flatMap(specOf(session, command, args, options), (spec) => session.call.explain({ spec }))

export const revoke = (
  session: Session,
  token: string,
  options: RevokeOptions = {}
): Effect.Effect<void, ProcessError> =>
  Effect.suspend(() => {
    const mistake = findUnknownOption(options, ["kill"])
    return mistake === undefined ? session.call.revoke({ token, kill: options.kill ?? false }) : Effect.fail(mistake)
  })
