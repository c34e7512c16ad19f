/** Something like a database: keeps numbers by name, and says so on a line when it is ready. */
import { createServer } from "node:net"
import { createInterface } from "node:readline"

const counts = new Map<string, number>()
const port = Number(process.env["STORE_PORT"])

const server = createServer((socket) => {
  socket.on("error", () => {})
  createInterface({ input: socket }).on("line", (name) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    socket.write(`${count}\n`)
  })
})
server.listen(port, "127.0.0.1", () => console.log(`store: ready on ${port}`))

process.on("SIGTERM", () => {
  console.log("store: writing everything down")
  process.exit(0)
})
