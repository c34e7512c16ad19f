/**
 * Every operation of a client, defined once: payload, success, error.
 *
 * The Comlink API type, the decoders of both ends, the WebSocket RPCs and the table in the documentation derive from
 * this group. They are `effect/rpc` definitions, so that a gateway can serve the group as it stands.
 */
import * as RpcGroup from "effect/rpc/RpcGroup"
import { attach } from "./attach.ts"
import { attenuate } from "./attenuate.ts"
import { connect } from "./connect.ts"
import { DaemonOperations } from "./daemons.ts"
import { detach } from "./detach.ts"
import { EventOperations } from "./events.ts"
import { explain } from "./explain.ts"
import { get } from "./get.ts"
import { HistoryOperations } from "./history.ts"
import { kill } from "./kill.ts"
import { list } from "./list.ts"
import { openHostStream } from "./open-host-stream.ts"
import { pipeline } from "./pipeline.ts"
import { readOutput } from "./read-output.ts"
import { release } from "./release.ts"
import { revoke } from "./revoke.ts"
import { spawn } from "./spawn.ts"
import { start } from "./start.ts"
import { status } from "./status.ts"
import { stop } from "./stop.ts"
import { usage } from "./usage.ts"

export const Operations = RpcGroup.make(
  connect,
  spawn,
  pipeline,
  start,
  attach,
  detach,
  release,
  kill,
  stop,
  list,
  get,
  status,
  usage,
  readOutput,
  openHostStream,
  explain,
  attenuate,
  revoke
).merge(EventOperations, DaemonOperations, HistoryOperations)
export type Operations = RpcGroup.Rpcs<typeof Operations>
