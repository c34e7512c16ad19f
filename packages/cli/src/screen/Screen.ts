import type { DaemonInfo, DaemonLogLine } from "@spawnbroker/protocol"

/** What a project that is up shows while it is. */
export interface Screen {
  /** A line that a daemon has put out. */
  readonly line: (name: string, line: DaemonLogLine) => void
  /** A daemon has changed. */
  readonly changed: (info: DaemonInfo) => void
  /** Something that the project itself has to say. */
  readonly note: (text: string) => void
  /** Nothing more is shown, and the terminal is as it was. */
  readonly close: () => void
}
