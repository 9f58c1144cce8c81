/** Free TCP ports of this machine. */
import { Data, Effect } from "effect"
import { createServer } from "node:net"

/** No free port was found. */
export class NoFreePort extends Data.TaggedError("NoFreePort")<{ readonly problem: string }> {
  override get message(): string {
    return `no free TCP port was found on 127.0.0.1: ${this.problem}`
  }
}

/** Linux takes the ports of outgoing connections from 32768 on, so none of them can take a port of this range. */
const FIRST = 20_000
const LAST = 32_767

const taken = new Set<number>()

/**
 * A port that nothing uses now and that this process has not returned before. Another program may listen on the port before the
 * caller does. The caller should then try again with another port.
 */
export const free = Effect.suspend(() => {
  const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
  return taken.has(port) ? Effect.fail(new NoFreePort({ problem: `port ${port} is taken` })) : listen(port)
}).pipe(Effect.retry({ times: 100 }))

const listen = (port: number) =>
  Effect.callback<number, NoFreePort>((resume) => {
    const server = createServer()
    server.once("error", ({ message }) => resume(Effect.fail(new NoFreePort({ problem: message }))))
    server.listen(port, "127.0.0.1", () => {
      taken.add(port)
      server.close(() => resume(Effect.succeed(port)))
    })
  })
