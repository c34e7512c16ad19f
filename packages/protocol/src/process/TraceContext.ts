/**
 * Where in a trace a call belongs, as W3C Trace Context says it: what crosses from the tracer of a client to that of the host, and
 * to the process itself.
 *
 * It is the client's word: whoever collects spans of several clients must not take a trace for proof of whose they are.
 */
import * as Schema from "effect/Schema"

const hex = (digits: number) =>
  Schema.String.check(
    Schema.isPattern(new RegExp(`^[0-9a-f]{${digits}}$`)),
    Schema.makeFilter<string>((text) => /[^0]/.test(text) || "not only zeros")
  )

export const TraceContext = Schema.Struct({
  traceId: hex(32),
  /** Of the span that what happens next belongs to. */
  spanId: hex(16),
  /** Whether the spans of the trace are kept. */
  sampled: Schema.Boolean
})
export type TraceContext = typeof TraceContext.Type

/** The value of the header, and of the variable, `traceparent`. Nothing but hexadecimal digits and dashes. */
export const traceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
