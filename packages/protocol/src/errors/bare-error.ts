/**
 * An error as a trace is told of it: its name alone. The words of ours have arguments, directories and output in them, which are
 * not for whoever collects traces.
 */
export const bareError = (name: string): Error => {
  const error = new Error(name)
  error.name = name
  error.stack = name
  return error
}
