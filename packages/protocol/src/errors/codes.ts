/** The number of each error, for logs, other languages and support. Fixed: a code never changes its meaning. */
export const codes = {
  Io: 4000,
  PermissionDenied: 4001,
  NotFound: 4002,
  SpawnFailed: 4003,
  ProcessNotFound: 4004,
  AlreadyExited: 4005,
  InvalidToken: 4006,
  LimitExceeded: 4007,
  TimedOut: 4008,
  InvalidArgument: 4009,
  BrokerUnavailable: 4010,
  Unsupported: 4011,
  TransformFailed: 4012
} as const
export type ErrorTag = keyof typeof codes
