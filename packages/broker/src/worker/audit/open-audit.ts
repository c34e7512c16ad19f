import type { AuditStart } from "../../link/worker-start.ts"
import type { AuditLog } from "./AuditLog.ts"

/**
 * The audit, open and with its first line, or why it cannot be: then no broker is to start. One that goes on (`isRunning`) after
 * its thread was replaced may wait for room on the disk, as it would have without that.
 */
export const openAudit = async (start: AuditStart, isRunning: boolean): Promise<AuditLog> => {
  // Its code is loaded only where it is wanted.
  const { AuditLog } = await import("./AuditLog.ts")
  return AuditLog.open(start, isRunning && !start.required).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(
      `its audit file ${start.file} cannot be written to: ${cause.code ?? cause.message}; give another \`audit.file\``
    )
  })
}
