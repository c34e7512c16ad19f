/** Does some work now and then, and fails if it is told to. */
import { once } from "node:events"
import { connect } from "node:net"

const store = connect(Number(process.env["STORE_PORT"]), "127.0.0.1")
await once(store, "connect")
console.log("worker: at work")

store.on("data", (count) => console.log(`worker: did job ${count.toString().trim()}`))
setInterval(() => store.write("jobs\n"), 1000)

process.on("SIGTERM", () => {
  console.log("worker: finishing the last job")
  process.exit(0)
})
