/**
 * A bad line on real UDP: what clients send to its port goes on to a server, and back, as far as it does.
 */
import { Effect } from "effect"
import * as Dgram from "node:dgram"
import { once } from "node:events"
import { generator } from "./Pair.ts"

export interface Options {
  /** Where the server is, on 127.0.0.1. */
  readonly port: number
  readonly seed: number
  /** Fractions of the datagrams of each direction. */
  readonly loss: number
  readonly duplication: number
  readonly reordering: number
}

/** Milliseconds that an overtaken datagram is late. */
const LATE = 10

const bound = Effect.acquireRelease(
  Effect.promise(async () => {
    const socket = Dgram.createSocket("udp4")
    socket.bind(0, "127.0.0.1")
    await once(socket, "listening")
    return socket
  }),
  (socket) => Effect.sync(() => socket.close())
)

/** The port of a proxy that is there until the scope closes. */
export const make = Effect.fnUntraced(function*(options: Options) {
  const random = generator(options.seed)
  const front = yield* bound
  const backs = new Map<string, Dgram.Socket>()
  const late = new Set<NodeJS.Timeout>()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const timer of late) clearTimeout(timer)
      for (const back of backs.values()) back.close()
    })
  )

  const pass = (send: () => void) => {
    for (let copies = random() < options.duplication ? 2 : 1; copies > 0; copies--) {
      if (random() < options.loss) continue
      if (random() >= options.reordering) {
        send()
        continue
      }
      const timer = setTimeout(() => {
        late.delete(timer)
        send()
      }, LATE)
      late.add(timer)
    }
  }

  front.on("message", (datagram, { address, port }) => {
    const client = `${address}:${port}`
    let back = backs.get(client)
    if (back === undefined) {
      // What is lost because the server's port is closed is lost.
      back = Dgram.createSocket("udp4").on("error", () => undefined)
      back.on("message", (datagram) => pass(() => front.send(datagram, port, address, () => undefined)))
      backs.set(client, back)
    }
    const socket = back
    pass(() => socket.send(datagram, options.port, "127.0.0.1", () => undefined))
  })
  return front.address().port
})
