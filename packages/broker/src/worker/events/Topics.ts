import type { TopicName } from "@spawnbroker/protocol"
import type { Held } from "./Held.ts"

/** Who subscribes to which topic. The broker does not look into the messages. */
export class Topics {
  readonly #subscribers = new Map<TopicName, Set<Held<string>>>()

  subscribe(topic: TopicName, held: Held<string>): void {
    const subscribers = this.#subscribers.get(topic) ?? new Set()
    this.#subscribers.set(topic, subscribers.add(held))
  }

  unsubscribe(topic: TopicName, held: Held<string>): void {
    const subscribers = this.#subscribers.get(topic)
    subscribers?.delete(held)
    if (subscribers?.size === 0) this.#subscribers.delete(topic)
  }

  /** Answers how many got it. */
  publish(topic: TopicName, message: string): number {
    const subscribers = this.#subscribers.get(topic) ?? []
    let count = 0
    for (const held of subscribers) {
      held.push(message, message.length)
      count++
    }
    return count
  }
}
