/** Lines of shell that each say `ready` once all that they start is there. `seconds`: how long their sleepers sleep. */
export const crowdScripts = (seconds: string): ReadonlyArray<string> => [
  // As most are.
  `echo ready; exec sleep ${seconds}`,
  // Takes no notice of a polite signal.
  `trap '' TERM HUP INT; sleep ${seconds} & echo ready; wait`,
  // A grandchild in a session of its own, whose parent lives.
  `setsid sh -c 'echo ready; exec sleep ${seconds}' & wait`,
  // A daemon: forked twice, in a session of its own, its parents gone, deaf to polite signals.
  `setsid sh -c '(trap "" TERM HUP; sleep ${seconds} & echo ready)' & exec sleep ${seconds}`,
  // A daemon without its environment, whose starter has exited at once.
  `(env -i setsid sh -c 'echo ready; exec sleep ${seconds}' &)`
]
