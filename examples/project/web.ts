/** A web server that counts who comes, in the store. */
import { once } from "node:events"
import { createServer } from "node:http"
import { connect } from "node:net"

const port = Number(process.env["WEB_PORT"])
const store = connect(Number(process.env["STORE_PORT"]), "127.0.0.1")
await once(store, "connect")

const server = createServer((request, response) => {
  if (request.url === "/health") {
    response.end("ok\n")
    return
  }
  store.once("data", (count) => response.end(`You are number ${count.toString()}`))
  store.write("visits\n")
})
server.listen(port, "127.0.0.1", () => console.log(`web: listening on ${port}`))

process.on("SIGTERM", () => {
  console.log("web: no more visitors")
  process.exit(0)
})
