/** Gives the browser bytes to save. They are in no document, and in no address. */
export const saveFile = (name: string, parts: ReadonlyArray<Uint8Array<ArrayBuffer>>): void => {
  const url = URL.createObjectURL(new Blob([...parts], { type: "text/plain" }))
  Object.assign(document.createElement("a"), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
