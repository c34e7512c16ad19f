import type { ProcessMessages } from "../messages/ProcessMessages.ts"
import { iterate } from "./iterate.ts"
import type { PromiseMessages } from "./PromiseMessages.ts"
import { toPromise } from "./to-promise.ts"

export const makeMessages = (
  { messages, send, disconnect }: ProcessMessages<any, any>,
  stop: AbortSignal
): PromiseMessages<any, any> => ({
  messages: { [Symbol.asyncIterator]: () => iterate(messages, stop) },
  send: (message) => toPromise(send(message), { signal: stop }),
  disconnect: () => toPromise(disconnect, { signal: stop })
})
