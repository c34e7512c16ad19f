import { closeSync, writeSync } from "node:fs"

/** The variable that names the descriptor on which a project in the background says that it is up. */
export const READY_FD = "SPAWNBROKER_READY_FD"

/** Tells whoever has started this in the background, and waits for it. */
export const tellReady = (): void => {
  const fd = Number(process.env[READY_FD])
  delete process.env[READY_FD]
  if (!Number.isInteger(fd) || fd < 3) return
  try {
    writeSync(fd, "ready\n")
    closeSync(fd)
  } catch {
    // It no longer waits.
  }
}
