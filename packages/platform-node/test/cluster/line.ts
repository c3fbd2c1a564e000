/** The line between a node and its database, which a test can cut. */
import { once } from "node:events"
import { connect, createServer, type Server, type Socket } from "node:net"

/** One line. What is sent over it while it is cut goes nowhere, and nobody is told. */
export class Line {
  readonly #server: Server
  readonly #url: URL
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(server: Server, url: URL) {
    this.#server = server
    this.#url = url
  }

  /** A line to the database at a URL. */
  static async to(place: string): Promise<Line> {
    const target = new URL(place)
    const server = createServer()
    const url = new URL(place)
    const line = new Line(server, url)
    server.on("connection", (near) => {
      const far = connect(Number(target.port || 5432), target.hostname)
      for (const socket of [near, far]) {
        line.#sockets.add(socket)
        socket.on("error", () => undefined)
        socket.on("close", () => line.#sockets.delete(socket))
      }
      near.on("close", () => line.#isCut || far.destroy())
      far.on("close", () => line.#isCut || near.destroy())
      near.pipe(far).pipe(near)
      if (line.#isCut) line.#hold(near, far)
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    url.hostname = "127.0.0.1"
    url.port = String(address.port)
    return line
  }

  /** Where the database is at this end. */
  get url(): string {
    return this.#url.href
  }

  #hold(...sockets: ReadonlyArray<Socket>): void {
    for (const socket of sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  cut(): void {
    this.#isCut = true
    this.#hold(...this.#sockets)
  }

  /** Both ends hear now that the old connections are gone, and new ones work. */
  mend(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.mend()
    this.#server.close()
    await once(this.#server, "close")
  }
}
