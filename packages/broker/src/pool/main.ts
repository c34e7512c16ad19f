/**
 * The entry of a thread of the pool: it does one thing at a time, as it is asked, until its port is closed.
 *
 * It imports Node and `link`, and nothing of the broker's. Whatever takes too long or too much here is ended from outside, by
 * the end of the thread.
 */
import { once } from "node:events"
import { threadId } from "node:worker_threads"
import type { PoolAnswer, PoolRequest, SeatStart } from "../link/pool-messages.ts"
import { BuiltInSteps } from "./BuiltInSteps.ts"
import { failureOf } from "./failure-of.ts"
import { stepOwn } from "./step-own.ts"
import { runTask } from "./run-task.ts"

/** Takes a seat. Piscina calls it, and frees the thread when it has left. */
export const sit = async ({ port }: SeatStart): Promise<void> => {
  const builtIn = new BuiltInSteps()
  const answer = (message: PoolAnswer): void => port.postMessage(message, buffersOf(message))
  port.on("message", (request: PoolRequest) => {
    if (request._tag === "Forget") return builtIn.forget(request.stream)
    void answerTo(request, builtIn).then(answer, (cause) => answer({ _tag: "Failed", failure: failureOf(cause) }))
  })
  answer({ _tag: "Ready", threadId })
  await once(port, "close")
}

const answerTo = (
  request: Exclude<PoolRequest, { readonly _tag: "Forget" }>,
  builtIn: BuiltInSteps
): Promise<PoolAnswer> => {
  if (request._tag === "Step") return builtIn.step(request)
  return request._tag === "OwnStep" ? stepOwn(request) : runTask(request)
}

const buffersOf = (message: PoolAnswer): Array<ArrayBuffer> =>
  message._tag !== "Stepped"
    ? []
    : [
        ...message.results.map(({ buffer }) => buffer),
        message.room.buffer,
        ...(message.state === undefined ? [] : [message.state.buffer])
      ]
