/** Everything that a scenario runs. Node runs the fixtures, in Bun and Deno too; the bench says which Node. */
export const commands = {
  true: "true",
  echo: "echo",
  cat: "cat",
  head: "head",
  seq: "seq",
  sleep: "sleep",
  node: process.env["BENCH_NODE"] ?? process.execPath
} as const
