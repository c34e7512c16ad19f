import type { ProcessError } from "@spawnbroker/protocol"

/** What of an error may be written down: names, and no text that a client has chosen. */
export const reasonOf = (error: ProcessError): { readonly reason?: string } => {
  if (error._tag === "SpawnFailed" || error._tag === "Io") return { reason: error.errno }
  if (error._tag === "LimitExceeded") return { reason: error.limit }
  if (error._tag === "InvalidArgument") return { reason: error.argument }
  if (error._tag === "InvalidToken") return { reason: error.reason }
  return error._tag === "NotFound" ? { reason: error.subject } : {}
}
