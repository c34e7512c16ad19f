/** Ends itself by a signal. */
process.kill(process.pid, "SIGKILL")
setInterval(() => {}, 1000)
