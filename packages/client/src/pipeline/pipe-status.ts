import { type ExitStatus, isSuccess } from "@spawnbroker/protocol"

/** How a pipeline ended: as the last of its stages that was no success, or else as the last one. The `pipefail` of shells. */
export const pipeStatus = (exits: ReadonlyArray<ExitStatus>): ExitStatus =>
  exits.findLast((exit) => !isSuccess(exit)) ?? exits.at(-1)!
