import type { BusEvent } from "@spawnbroker/client"
import { useFacts } from "../connection/use-desk.ts"
import { ProcessLink } from "../parts/ProcessLink.tsx"
import { StateText } from "../parts/StateText.tsx"
import { TableHead } from "../parts/TableHead.tsx"
import { showCommand, showDuration, showEnd } from "../processes/words.ts"

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
    `${command}: ${showEnd({ exit, killedBy })}, after ${showDuration(durationMs)}`,
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
        <TableHead columns={["Time", "What", "Who", "Details"]} />
        <tbody>
          {events.map((event) => (
            <tr key={`${event.at} ${event.seq}`}>
              <td>{new Date(event.at).toLocaleTimeString()}</td>
              <td>
                <StateText state={{ text: event._tag, tone: bad.has(event._tag) ? "bad" : "quiet" }} />
              </td>
              <td>{"subject" in event ? event.subject : ""}</td>
              <td className="wide">
                {"id" in event && event.id !== undefined ? (
                  <ProcessLink id={event.id}>{tell(event) || event.id}</ProcessLink>
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
