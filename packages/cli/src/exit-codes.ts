/**
 * What the command exits with. `run` exits as its command does; its own failures are those of env(1) and timeout(1). The
 * others are those of sysexits(3), where it has one.
 */
export const exitCodes = {
  success: 0,
  /** What was asked for did not come about: a daemon failed, a command would be denied. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** EX_UNAVAILABLE: no project is up, or it cannot be reached. */
  unavailable: 69,
  /** EX_NOPERM: the policy, or the token, does not allow it. */
  denied: 77,
  /** EX_CONFIG: a file has mistakes. */
  config: 78,
  /** `run`: it failed itself, before there was a command. */
  runFailed: 125,
  /** `run`: the policy does not allow the command, or it cannot be executed. */
  runDenied: 126,
  /** `run`: there is no such command. */
  runNotFound: 127
} as const

/** What a shell answers for a command that a signal has ended. */
export const SIGNAL_BASE = 128
