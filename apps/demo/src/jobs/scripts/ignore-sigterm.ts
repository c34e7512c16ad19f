/** Does not end at SIGTERM. Says that it is ready once that is so: a signal before would end it. */
process.on("SIGTERM", () => {})
setInterval(() => {}, 1000)
console.log("ready")
