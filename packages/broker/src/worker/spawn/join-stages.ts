import type { Fd, StageLink } from "@spawnbroker/protocol"
import type { Link, LinkEnd, SpawnRequest, StdioRequest } from "./Spawner.ts"

/** What runs as the stages of a pipeline: each request with the ends of those links that it has to do with. */
export const joinStages = (
  requests: ReadonlyArray<SpawnRequest>,
  stageLinks: ReadonlyArray<StageLink>,
  links: ReadonlyArray<Link>
): ReadonlyArray<SpawnRequest> =>
  requests.map((request, stage) => {
    const stdio = [...request.stdio]
    const before = stageLinks[stage - 1]
    if (before !== undefined) put(stdio, before.to, { link: links[stage - 1]!, end: "read" })
    for (const fd of stageLinks[stage]?.from ?? []) put(stdio, fd, { link: links[stage]!, end: "write" })
    return { ...request, stdio }
  })

const put = (stdio: Array<StdioRequest>, fd: Fd, end: LinkEnd): void => {
  while (stdio.length < fd) stdio.push("ignore")
  stdio[fd] = end
}
