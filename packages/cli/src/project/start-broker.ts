import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"

/** A history that cannot be written, since there is no home or it is of a newer version, is no reason not to work. */
export const startBroker = (given: BrokerOptions, hasHistory: boolean) => {
  const options = { ...given, policyWarnings: "ignore" } as const
  if (!hasHistory) return Broker.start(options)
  return Broker.start({ ...options, history: true }).pipe(
    Effect.catch(({ reason }) =>
      Effect.tap(Broker.start(options), () => Effect.logWarning(`It is not remembered what runs, since ${reason}.`))
    )
  )
}
