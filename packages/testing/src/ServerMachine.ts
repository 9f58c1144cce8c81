/**
 * A BattlEye server, or Arma Reforger's own RCON, as a deterministic state machine: no clock, no socket, no fiber.
 *
 * **Details**
 *
 * Datagrams and the time go in ({@link receive}, {@link tick}), datagrams come out ({@link drain}); {@link wakeAt} says
 * when something is due. Every function that takes `now` first does what was due by then; a superfluous {@link tick}
 * changes nothing. `now` is in milliseconds on any clock that does not run backwards.
 *
 * The machine writes down what it did and what clients did wrong, for tests to look at. Every record keeps the last
 * `recordCapacity` entries, but `executions`: what gives way there is the oldest of the text that it has most often. So
 * a client that asks for `players` every 25 s does not make it forget what else was done, for however many days.
 *
 * The rules:
 *
 * - A session is known by its client's address. A login with the right password makes one, or replaces the one that
 *   this address had: counters start again. The administrator's number is the lowest that is free. Then every session
 *   is told `RCon admin #0 (127.0.0.1:50001) logged in`.
 * - A command from an address without a session is ignored in silence.
 * - A session that sends no command for 45 s is dropped in silence. Acknowledgements do not count, a command at the very
 *   last moment does.
 * - A message is sent up to five times, every 2 s, until it is acknowledged; after that the session is dropped. More
 *   than 256 messages that wait for this are not possible: there are no more numbers, so the oldest is given up.
 * - A reply of more than 1,024 bytes goes out in parts of 1,024 bytes. The format has room for 255 of them; what does
 *   not fit is cut off.
 * - A player who is banned is kicked on joining (`Admin Ban (reason)`): for the IP address once connected, for the GUID
 *   once that is known. Guessed: no server was seen to do it.
 * - Bans live in memory. `writeBans` writes them to `bans.txt`, `loadBans` reads that file or another one again, in place
 *   of what there was, and so does a server that starts: what was not written by then is lost.
 *
 * Reforger's own RCON ({@link Flavour}) has the same packets, and other manners:
 *
 * - A login is told to its own client alone: `Logged In! Client ID: #0`.
 * - The reply to a command is empty. To the client that gave it, and to no other, come the message
 *   `Processing Command: #players` and then what the command says, if anything, in messages of at most 1,024 bytes. A
 *   longer text is cut between two lines, and the newline there is not sent. A keepalive gets its reply alone.
 * - What `#ban create`, `#ban remove` and `#ban list` say comes `banDelay` later, maybe between the messages of another
 *   command. What they do is done at once.
 * - Nobody is told who joins, leaves or speaks. Who is banned is turned away without a word, too.
 * - Bans outlive a restart.
 * - `@logout` ends the session, after its reply.
 *
 * **Example** (A login)
 *
 * ```ts
 * import { Packet } from "@bercon/codec"
 * import { ServerMachine } from "@bercon/testing"
 * import { Redacted } from "effect"
 *
 * const server = ServerMachine.make({ password: Redacted.make("secret") })
 * ServerMachine.receive(server, 0, "127.0.0.1:50001", Packet.encode(Packet.login(Redacted.make("secret"))))
 * ServerMachine.drain(server).length // 2: the login's result, and the message that tells of it
 * ```
 *
 * @since 0.1.0
 */
export { onCommand, receive } from "./internal/server/datagrams.ts"
export { chat, emit, identify, join, kick, leave, update, verify } from "./internal/server/game.ts"
export { admit, forget, goSilent, refuse, restart, resume, start, stop, tick } from "./internal/server/lifecycle.ts"
export {
  type CustomReply,
  DEFAULT_PASSWORD,
  type Flavour,
  type GuidKind,
  type OnCommand,
  type Options,
  type Repeats,
  type RestartOptions,
  type StopOptions
} from "./internal/server/options.ts"
export type { Acknowledgement, Command, Drop, Event, Login, Message, Violation } from "./internal/server/records.ts"
export { drain, make, type Outgoing, type ServerMachine, type Session, wakeAt } from "./internal/server/state.ts"
