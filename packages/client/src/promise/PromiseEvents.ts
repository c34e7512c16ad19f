import type { BusEvent, EventFilter, Skipped, Topic } from "@spawnbroker/protocol"

/** Which facts are wanted, and how long. */
export interface PromiseEventFilter extends EventFilter {
  /** Ends the loop: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

export interface PromiseSubscribeOptions {
  /** Ends the loop: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * Called in the place of each message, or of several, that are passed over.
   * @default a warning on the console
   */
  readonly onSkipped?: ((skipped: Skipped) => void) | undefined
}

/** What happens in the broker, and what its clients tell each other. */
export interface PromiseEvents {
  /**
   * What happens in the broker, from when a loop begins, as far as the policy lets this client observe it. Each loop is a
   * subscription of its own, which ends with it. A slow one gets a `Lagged` in the place of what it has missed.
   */
  events(filter?: PromiseEventFilter): AsyncIterable<BusEvent>
  /**
   * Gives a message to all who subscribe to its topic now, and resolves to how many those are.
   *
   * **Errors**: `PermissionDenied`; `InvalidArgument` for a message that does not fit its schema; `LimitExceeded`.
   */
  publish<Message>(topic: Topic<Message>, message: Message): Promise<number>
  /**
   * The messages of a topic, from when a loop begins. What is lost since the loop was too slow, or does not fit the topic's
   * schema, is passed over, and told to `onSkipped`.
   *
   * **Errors**: `PermissionDenied`.
   */
  subscribe<Message>(topic: Topic<Message>, options?: PromiseSubscribeOptions): AsyncIterable<Message>
}
