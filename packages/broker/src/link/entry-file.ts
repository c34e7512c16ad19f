/**
 * Where another of our address spaces begins, unless the host says otherwise: beside this file, with its extension, which
 * is `.ts` where the sources run and `.js` where they have been built.
 *
 * Asked for only when it is needed: a bundle is one file and may not know its own place.
 */
export const entryFile = (entry: "worker/main" | "launcher/main" | "pool/main" | "pool/tasks/match-text"): URL => {
  const here = import.meta.url
  return new URL(`../${entry}${here.slice(here.lastIndexOf("."))}`, here)
}
