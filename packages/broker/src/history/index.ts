/** Reads a history without a broker. By itself, since it loads SQLite. */
export type { FactQuery } from "./find-facts.ts"
export { historyFile } from "./history-file.ts"
export { type HistoryFile, readHistoryFile } from "./read-history-file.ts"
