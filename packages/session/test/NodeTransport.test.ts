import { Session, Transport } from "@bercon/session"
import * as DatagramSocketTransport from "@bercon/session/DatagramSocketTransport"
import * as NodeTransport from "@bercon/session/NodeTransport"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import * as NodeDatagramSocket from "@effect/platform-node-shared/NodeDatagramSocket"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import * as Dgram from "node:dgram"
import { networkInterfaces } from "node:os"
import { vi } from "vitest"

/** A socket of the test, which acts as a server. */
const bound = Effect.gen(function*() {
  const socket = yield* NodeDatagramSocket.make({ bind: { address: "127.0.0.1" } })
  const reader = yield* socket.reader
  return { reader, writer: yield* socket.writer, port: reader.address.port }
})

/** Sends a datagram, and waits for its failure. */
const notSent = (connection: Transport.Connection, datagram: Uint8Array) =>
  Effect.callback<Transport.TransportError>((resume) => {
    connection.listen({
      receive: () => {},
      notSent: (error) => resume(Effect.succeed(error)),
      failed: (cause) => resume(Effect.die(cause))
    })
    connection.send(datagram)
  })

describe.each([["DatagramSocketTransport", DatagramSocketTransport], ["NodeTransport", NodeTransport]])(
  "over %s",
  (_, Udp) => {
    it.live("a session logs in, sends a command, and survives a restart of the server", () =>
      Effect.gen(function*() {
        const server = yield* NodeSimulatedServer.make({ onCommand: (text) => text === "hello" ? "world" : undefined })
        const session = yield* Session.make({ password: Redacted.make("secret") }).pipe(
          Effect.provide(Udp.layer({ host: "localhost", port: server.address.port }))
        )
        assert.strictEqual(yield* session.command("hello"), "world")
        yield* server.restart({ downtime: "100 millis" })
        assert.strictEqual(yield* session.command("hello"), "world")
        assert.strictEqual((yield* server.sessions).length, 1)
      }), 15_000)

    it.live("a closed port is reported as Refused, and the login fails with a LoginTimeout that mentions it", () =>
      Effect.gen(function*() {
        const { port } = yield* Effect.scoped(bound)
        const transport = Udp.make({ host: "127.0.0.1", port })
        const error = yield* notSent(yield* transport.open, Uint8Array.of(1))
        assert.strictEqual(error.reason.kind, "Refused")
        assert.include(error.message, `127.0.0.1:${port}`)
        const failure = yield* Effect.flip(
          Session.make({ password: Redacted.make("secret"), loginTimeout: "1200 millis" }).pipe(
            Effect.provideService(Transport.Transport, transport)
          )
        )
        assert(failure.reason._tag === "LoginTimeout" && failure.reason.cause._tag === "PortClosed")
      }))

    it.live("a host that answers garbage counts as silent", () =>
      Effect.gen(function*() {
        const { port, reader, writer } = yield* bound
        yield* Effect.forkChild(Effect.forever(Effect.gen(function*() {
          for (const datagram of yield* reader.pull) {
            yield* writer.write({ payload: "HTTP/1.1 400 Bad Request", address: datagram })
            yield* writer.write({ payload: "", address: datagram })
          }
        })))
        const failure = yield* Effect.flip(
          Session.make({ password: Redacted.make("secret"), loginTimeout: "200 millis" }).pipe(
            Effect.provide(Udp.layer({ host: "127.0.0.1", port }))
          )
        )
        assert(failure.reason._tag === "LoginTimeout")
        assert.strictEqual(failure.reason.cause._tag, "Silence")
      }))

    it.live("a host name without an address fails at once, with a message that names it", () =>
      Effect.gen(function*() {
        const failure = yield* Effect.flip(
          Session.make({ password: Redacted.make("secret") }).pipe(
            Effect.provide(Udp.layer({ host: "no-such-host.invalid", port: 2306 }))
          )
        )
        assert(failure.reason._tag === "TransportFailure")
        assert.strictEqual(failure.reason.cause.reason.kind, "HostUnresolved")
        assert.include(failure.message, "no-such-host.invalid:2306")
      }))

    it.live.each(
      [
        ["", 2306, ":2306: host must not be empty"],
        ["127.0.0.1", 0, "127.0.0.1:0: port must be an integer from 1 to 65535 (got 0)"],
        ["127.0.0.1", 70_000, "127.0.0.1:70000: port must be an integer from 1 to 65535 (got 70000)"],
        ["127.0.0.1", NaN, "127.0.0.1:NaN: port must be an integer from 1 to 65535 (got NaN)"],
        ["http://x", 2306, `http://x:2306: host must be a name or an IP address without a scheme (got "http://x")`],
        [
          "1.2.3.4:2306",
          2306,
          `1.2.3.4:2306:2306: host must not contain a port, which has an option of its own (got "1.2.3.4:2306")`
        ],
        ["[::1]", 2306, `[::1]:2306: host must be an IPv6 address without brackets and without a port (got "[::1]")`],
        ["a/b", 2306, `a/b:2306: host must be a name or an IP address without a path (got "a/b")`],
        [" a", 2306, ` a:2306: host must not contain blanks, line breaks or NUL (got " a")`]
      ] as const
    )(
      "host %j and port %d are an invalid address, and the error explains why",
      ([host, port, problem]) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Udp.make({ host, port }).open)
          assert.strictEqual(error.reason.kind, "InvalidAddress")
          assert.strictEqual(error.message, `invalid server address ${problem}`)
        })
    )

    it.live("an invalid address fails at once, even if the login timeout is infinite", () =>
      Effect.gen(function*() {
        const failure = yield* Effect.flip(
          Session.make({ password: Redacted.make("secret"), loginTimeout: "Infinity" }).pipe(
            Effect.provide(Udp.layer({ host: "127.0.0.1:2306", port: 2306 }))
          )
        )
        assert.strictEqual(failure.reason._tag, "TransportFailure")
        assert.isFalse(failure.isRetryable)
        assert.include(failure.message, "must not contain a port")
      }))

    it.live("a local address that this machine does not have fails with a typed error", () =>
      Effect.gen(function*() {
        const transport = Udp.make({ host: "127.0.0.1", port: 2306, bind: { address: "192.0.2.1" } })
        const error = yield* Effect.flip(transport.open)
        assert.strictEqual(error.reason.kind, "AddressNotAvailable")
      }))

    it.live("a datagram that is too large for UDP is reported as MessageTooLarge", () =>
      Effect.gen(function*() {
        const { port } = yield* bound
        const error = yield* notSent(yield* Udp.make({ host: "127.0.0.1", port }).open, new Uint8Array(70_000))
        assert.strictEqual(error.reason.kind, "MessageTooLarge")
      }))

    it.live("a local address may be a name", () =>
      Effect.gen(function*() {
        const { port, reader } = yield* bound
        const connection = yield* Udp.make({ host: "127.0.0.1", port, bind: { address: "localhost" } }).open
        connection.listen({ receive: () => {}, notSent: () => {}, failed: () => {} })
        connection.send(Uint8Array.of(7))
        assert.deepStrictEqual((yield* reader.pull).map(({ payload }) => [...payload]), [[7]])
      }))

    it.live.each(["", "a\0b"])(
      "a local address %j is invalid, and the error explains why",
      (address) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Udp.make({ host: "127.0.0.1", port: 2306, bind: { address } }).open)
          assert.strictEqual(error.reason.kind, "InvalidAddress")
          assert.match(error.message, /^invalid server address 127\.0\.0\.1:2306: bind\.address must not /)
        })
    )

    it.live("a connection reports nothing after its scope has closed", () =>
      Effect.gen(function*() {
        const { port, reader, writer } = yield* bound
        const reports: Array<string> = []
        const connection = yield* Effect.scoped(Effect.gen(function*() {
          const connection = yield* Udp.make({ host: "127.0.0.1", port }).open
          connection.listen({
            receive: () => reports.push("receive"),
            notSent: () => reports.push("notSent"),
            failed: () => reports.push("failed")
          })
          connection.send(Uint8Array.of(1))
          const [datagram] = yield* reader.pull
          yield* writer.write({ payload: "too late", address: datagram })
          connection.send(new Uint8Array(70_000))
          return connection
        }))
        connection.send(Uint8Array.of(2))
        yield* Effect.sleep("20 millis")
        assert.deepStrictEqual(reports, [])
      }))

    it.live("a socket closes with its scope, and a socket that could not be opened closes at once", () =>
      Effect.gen(function*() {
        const { port } = yield* bound
        const sockets = Effect.map(
          Effect.sleep("20 millis"),
          () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap").length
        )
        const before = yield* sockets
        const open = yield* Effect.scoped(Effect.andThen(Udp.make({ host: "127.0.0.1", port }).open, sockets))
        const bind = { address: "192.0.2.1" }
        yield* Effect.scoped(Effect.andThen(
          Effect.flip(Udp.make({ host: "127.0.0.1", port, bind }).open),
          Effect.map(sockets, (unopened) => assert.strictEqual(unopened, before))
        ))
        assert.deepStrictEqual([before + 1, before], [open, yield* sockets])
      }))
  }
)

describe("NodeTransport", () => {
  const hasIPv6 = Object.values(networkInterfaces()).flat().some((address) => address?.address === "::1")

  it.live.runIf(hasIPv6)("reaches a server over IPv6", () =>
    Effect.gen(function*() {
      const socket = yield* NodeDatagramSocket.make({ bind: { address: "::1" } })
      const reader = yield* socket.reader
      const connection = yield* NodeTransport.make({
        host: "::1",
        port: reader.address.port,
        bind: { address: "::1" }
      }).open
      connection.send(Uint8Array.of(7))
      assert.strictEqual((yield* reader.pull).length, 1)
    }))

  it.live("fails if the local address and the server's are not of the same family", () =>
    Effect.gen(function*() {
      const transport = NodeTransport.make({ host: "127.0.0.1", port: 2306, bind: { address: "::1" } })
      const error = yield* Effect.flip(transport.open)
      assert.include(error.message, "::1")
      assert.include(error.message, "not both IPv4 or both IPv6")
    }))

  it.live("fails with AddressNotAvailable if the local name has no address", () =>
    Effect.gen(function*() {
      const bind = { address: "no-such-host.invalid" }
      const error = yield* Effect.flip(NodeTransport.make({ host: "127.0.0.1", port: 2306, bind }).open)
      assert.strictEqual(error.reason.kind, "AddressNotAvailable")
    }))
})

describe("over NodeTransport", () => {
  // Effect's socket ignores such a defect.
  it.live("a defect in closing the socket makes closing the session die", () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make()
      const scope = yield* Scope.make()
      yield* Session.make({ password: Redacted.make("secret") }).pipe(
        Scope.provide(scope),
        Effect.provide(NodeTransport.layer({ host: "127.0.0.1", port: server.address.port }))
      )
      const { close } = Dgram.Socket.prototype
      const spy = vi.spyOn(Dgram.Socket.prototype, "close").mockImplementation(function(this: Dgram.Socket) {
        close.call(this)
        throw new Error("a bug")
      })
      const exit = yield* Effect.exit(Scope.close(scope, Exit.void))
      spy.mockRestore()
      assert.include(String(exit), "a bug")
    }))
})
