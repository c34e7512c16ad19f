import type { Places } from "../places.ts"
import { denialJobs } from "./denials.ts"
import { endingJobs } from "./endings.ts"
import { environmentJobs } from "./environment.ts"
import { gitJobs } from "./git.ts"
import { gzipJobs } from "./gzip.ts"
import type { Job } from "./Job.ts"
import { nodeJobs } from "./node-scripts.ts"
import { searchJobs } from "./search.ts"
import { sortJobs } from "./sort.ts"
import { streamJobs } from "./streams.ts"

/** All the work of the demo, in the order in which it is asked for. `secret` is in the environment of the host. */
export const makeJobs = (places: Places, secret: string): ReadonlyArray<Job> => [
  ...denialJobs(),
  ...environmentJobs(secret),
  ...gitJobs(places),
  ...endingJobs(places),
  ...nodeJobs(places),
  ...gzipJobs(),
  ...sortJobs(),
  ...searchJobs(places),
  ...streamJobs()
]
