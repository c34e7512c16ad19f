import type { ProcessOutput } from "./ProcessOutput.ts"

/**
 * The standard streams of the host's own process: the one in which the broker runs, wherever this client is. Only where the
 * policy has `stdio: { inherit: true }`; otherwise `PermissionDenied` with the rule `stdio.inherit`.
 */
export interface PromiseHostStdio {
  /**
   * What the host reads. The first client that reads has it until it is closed; another gets `InvalidArgument`. Nothing is taken
   * before somebody reads, and then no more than 64 KiB ahead.
   */
  readonly stdin: ProcessOutput
  readonly stdout: HostOutput
  readonly stderr: HostOutput
}

export interface HostOutput {
  /**
   * Writes, and resolves once the system has taken it. Writes keep their order, also those that nobody has awaited. Text is
   * written as UTF-8.
   *
   * **Errors**: `Io` with the errno, such as `EPIPE` where nobody reads it any more.
   */
  write(data: Uint8Array | string): Promise<void>
}
