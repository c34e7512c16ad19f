import { type BusEvent, describeExit } from "@spawnbroker/client"
import { useFacts } from "../connection/use-desk.ts"
import { showCommand, showDuration } from "../processes/words.ts"

const bad: ReadonlySet<BusEvent["_tag"]> = new Set([
  "ConnectRefused",
  "TokenRefused",
  "StartFailed",
  "PermissionDenied",
  "OutputTruncated",
  "Lagged"
])

type Tellers = { readonly [Tag in BusEvent["_tag"]]?: (event: Extract<BusEvent, { readonly _tag: Tag }>) => string }

/** What of a fact is worth a line. */
const tellers: Tellers = {
  ProcessStarted: (event) => `${showCommand(event)}, by ${event.rule}`,
  StartFailed: (event) => `${showCommand(event)}: ${event.error} ${event.reason ?? ""}`,
  ProcessExited: ({ command, exit, killedBy, durationMs }) =>
    `${command}: ${describeExit(exit)}${killedBy === undefined ? "" : ` by ${killedBy}`}, after ${showDuration(durationMs)}`,
  PermissionDenied: ({ operation, command, target, rule }) => `${operation} ${command ?? target ?? ""}, by ${rule}`,
  ProcessSignaled: ({ operation, signal }) => `${operation} ${signal ?? ""}`,
  DaemonStateChanged: ({ name, from, to }) => `${name}: ${from} → ${to}`,
  ConnectRefused: ({ error, reason }) => `${error} ${reason ?? ""}`,
  TokenRefused: ({ operation, error }) => `${operation}: ${error}`,
  HostNoted: ({ act, by, target }) => `${act} ${target ?? ""}${by === undefined ? "" : `, by ${by}`}`,
  Lagged: ({ missed }) => `${missed} facts are not shown`
}

const tell = (event: BusEvent): string =>
  (tellers[event._tag] as ((event: BusEvent) => string) | undefined)?.(event) ?? ""

export const Events = () => {
  const { events } = useFacts()
  if (events.length === 0) return <p className="empty">Nothing has happened since you came that you may see.</p>
  return (
    <section aria-label="Events" className="scroller">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">What</th>
            <th scope="col">Who</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={`${event.at} ${event.seq}`}>
              <td>{new Date(event.at).toLocaleTimeString()}</td>
              <td>
                <span className="state" data-tone={bad.has(event._tag) ? "bad" : "quiet"}>
                  {event._tag}
                </span>
              </td>
              <td>{"subject" in event ? event.subject : ""}</td>
              <td className="wide">
                {"id" in event && event.id !== undefined ? (
                  <a href={`#/process/${event.id}`}>{tell(event) || event.id}</a>
                ) : (
                  tell(event)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
