import { InvalidArgument, PermissionDenied, type SpawnSpec } from "@spawnbroker/protocol"
import { type Grant, linksOf } from "./Grant.ts"

/** Whether a client may have transforms done: every link of the chain must name each. Or why not. */
export const refusedTransform = (
  grant: Grant,
  { transforms = {}, stdout, stderr }: SpawnSpec
): PermissionDenied | InvalidArgument | undefined => {
  for (const [stream, stdio] of [
    ["stdout", stdout],
    ["stderr", stderr]
  ] as const) {
    const name = transforms[stream]?.name
    if (name === undefined) continue
    const refusing = linksOf(grant).find((link) => !link.transforms.includes(name))
    if (refusing !== undefined) {
      return new PermissionDenied({
        subject: refusing.subject,
        rule: "transforms",
        what: `the transform ${name} of ${stream}`,
        hint: "Add it to the policy's `transforms`."
      })
    }
    if (stdio !== "pipe") {
      return new InvalidArgument({ argument: `transform.${stream}`, problem: `${stream} is not piped to this client` })
    }
  }
  return undefined
}
