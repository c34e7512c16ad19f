import { PermissionDenied } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { type Grant, linksOf } from "./Grant.ts"

export type TopicUse = "publish" | "subscribe"

/**
 * Decides whether a client may use a topic of the bus, or all those of a pattern (a beginning and `*`). Every link of the
 * chain must allow it.
 */
export const authorizeTopic = (grant: Grant, use: TopicUse, topic: string): Result.Result<void, PermissionDenied> => {
  const refusing = linksOf(grant).find(({ topics }) => !topics[use].some((pattern) => coversTopic(pattern, topic)))
  if (refusing === undefined) return Result.succeed(undefined)
  return Result.fail(
    new PermissionDenied({
      subject: refusing.subject,
      rule: `topics.${use}`,
      what: `to ${use} ${use === "publish" ? "on" : "to"} the topic ${topic}`,
      hint: `Add it, or a pattern that covers it, to the policy's \`topics.${use}\`.`
    })
  )
}

/** Whether a pattern covers a topic, or everything that another pattern does. */
const coversTopic = (pattern: string, topic: string): boolean =>
  pattern.endsWith("*") ? topic.startsWith(pattern.slice(0, -1)) : pattern === topic
