/** Complains, and exits with 3. */
console.error("no such luck")
process.exitCode = 3
