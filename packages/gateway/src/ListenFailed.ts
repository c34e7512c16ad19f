import * as Data from "effect/Data"

/** The gateway cannot listen at its address. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly host: string
  readonly port: number
  /** `EADDRINUSE`, `EACCES`, … */
  readonly errno: string
}> {
  override get message(): string {
    const next =
      this.errno === "EADDRINUSE" ? "Something else does. Choose another port, or 0 for any." : "Choose another."
    return `Cannot listen at ${this.host}, port ${this.port}: ${this.errno}. ${next}`
  }
}
