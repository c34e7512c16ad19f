import type { Started } from "../../../src/worker/history/HistoryEntry.ts"

/** A start of which only the time matters. */
export const startedAt = (at: number): Started => ({
  at,
  pid: 1 as Started["pid"],
  subject: "s",
  tokenId: "0".repeat(16),
  operation: "spawn",
  command: "c",
  args: [],
  file: "/c",
  cwd: "/",
  rule: "commands"
})
