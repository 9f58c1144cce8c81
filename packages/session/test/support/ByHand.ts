/**
 * A transport that is controlled by hand, and sessions over it.
 */
import { Packet } from "@bercon/codec"
import { Session, Transport } from "@bercon/session"
import { Effect, Result } from "effect"
import { password } from "./Scenario.ts"

export const PEER = "by hand:1"
export const broken = new Transport.TransportError({ reason: new Transport.IoFailed({ kind: "Closed", peer: PEER }) })

/** A transport that the test controls. By default it accepts every login, and answers nothing else. */
export interface ByHand {
  readonly transport: Transport.Transport["Service"]
  /** The receivers of all connections, in the order of opening. */
  readonly receivers: Array<Transport.Receiver>
  readonly sent: Array<Packet.ClientPacket>
  /** Number of requested sockets, and number of open ones. */
  opens: number
  open: number
  /** The first step of opening a socket. */
  opening: Effect.Effect<void, Transport.TransportError>
  /** The last step of closing a socket. */
  closing: Effect.Effect<void>
  /** The reply to a login, if any. */
  accepts: boolean | undefined
  /** Called with every other packet. */
  onSend: (packet: Packet.ClientPacket, receiver: Transport.Receiver) => void
  /** Lets a connection, the last one by default, receive a packet. */
  readonly receive: (packet: Packet.ServerPacket, connection?: number) => void
}

export const byHand = (): ByHand => {
  const self: ByHand = {
    receivers: [],
    sent: [],
    opens: 0,
    open: 0,
    opening: Effect.void,
    closing: Effect.void,
    accepts: true,
    onSend: () => {},
    receive: (packet, connection = self.receivers.length - 1) =>
      self.receivers[connection]!.receive(Packet.encode(packet)),
    transport: Transport.Transport.of({
      peer: PEER,
      open: Effect.gen(function*() {
        self.opens++
        yield* self.opening
        yield* Effect.addFinalizer(() => Effect.suspend(() => self.closing))
        yield* Effect.acquireRelease(Effect.sync(() => self.open++), () => Effect.sync(() => self.open--))
        let receiver: Transport.Receiver | undefined
        return {
          listen: (listener) => {
            receiver = listener
            self.receivers.push(listener)
          },
          send: (datagram) => {
            const packet = Result.getOrThrow(Packet.decodeClient(datagram))
            self.sent.push(packet)
            if (packet._tag !== "Login") self.onSend(packet, receiver!)
            else if (self.accepts !== undefined) receiver!.receive(Packet.encode(Packet.loginResult(self.accepts)))
          }
        }
      })
    })
  }
  return self
}

export const start = (line: ByHand, options?: Partial<Session.Options>) =>
  Session.start({ password, ...options }).pipe(Effect.provideService(Transport.Transport, line.transport))

/** Waits for the login. The login resumes the test, which must not continue within the driver's step. */
export const online = (session: Session.Session["Service"]) => Effect.andThen(session.online, Effect.yieldNow)

/** Runs an effect in another fiber, which begins at once. */
export const ask = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })
