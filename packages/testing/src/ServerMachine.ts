/**
 * A BattlEye server, or Arma Reforger's own RCON, as a deterministic state machine without a clock, a socket or fibers.
 *
 * **Details**
 *
 * The inputs are datagrams and the time ({@link receive}, {@link tick}); the outputs are datagrams ({@link drain}).
 * {@link wakeAt} is the time of the next action. Every function that takes `now` begins with the actions that were due
 * by then; a superfluous {@link tick} has no effect. `now` is in milliseconds on any clock that does not run
 * backwards.
 *
 * The machine records its actions, and breaches of the protocol by clients, for tests to read. Every record keeps the
 * last `recordCapacity` entries. `executions` is an exception: it drops the oldest entry with the commonest text. So the
 * rare commands stay, even if a client sends `players` every 25 s for days.
 *
 * The rules:
 *
 * - A session is identified by its client's address. A login with the right password makes a session. If this address
 *   already has one, the new session replaces it, and the numbers of messages start again. The admin number is the
 *   lowest free one. Then every session gets the message `RCon admin #0 (127.0.0.1:50001) logged in`.
 * - A command from an address without a session is ignored without an answer.
 * - A session that sends no command for 45 s is dropped without notice. Acknowledgements do not count. A command that
 *   arrives after exactly 45 s is in time.
 * - A message is sent every 2 s until it is acknowledged, at most five times. If it is not acknowledged within 2 s
 *   after the fifth time, the session is dropped. At most 256 messages can wait for an acknowledgement, because there
 *   are only 256 numbers: beyond that the oldest is given up.
 * - A reply of more than 1,024 bytes is sent in parts of 1,024 bytes, at most 255 of them; the rest is cut off.
 * - A banned player is kicked on joining (`Admin Ban (reason)`): by IP address once connected, by GUID once that is
 *   known. This is a guess: no real server was observed.
 * - Bans are kept in memory. `writeBans` writes them to `bans.txt`. `loadBans` replaces them with the content of that
 *   file or another one. A server that starts has only the bans in `bans.txt`: the bans that were not written are lost.
 *
 * Reforger's own RCON ({@link Flavour}) has the same packets, but other rules:
 *
 * - Only the client that logs in gets a message about it: `Logged In! Client ID: #0`.
 * - The reply to a command is empty. Only the client that sent the command gets the message
 *   `Processing Command: #players` and then the output, if any, in messages of at most 1,024 bytes. A longer text is
 *   cut between two lines, and the newline there is not sent. A keepalive gets only its reply.
 * - `#ban create` and `#ban remove` have their effect at once. Most of their output, and the list that `#ban list` asks
 *   for, is sent `banDelay` later, possibly between the messages of another command.
 * - There are no messages about players who join, leave, chat or are rejected by a ban.
 * - Bans survive a restart.
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
 * ServerMachine.drain(server).length // 2: the result of the login, and the message about it
 * ```
 *
 * @stability stable
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
export type {
  Acknowledgement,
  Command,
  Drop,
  Event,
  Login,
  Message,
  Observer,
  Records,
  Violation
} from "./internal/server/records.ts"
export { drain, make, type Outgoing, type ServerMachine, type Session, wakeAt } from "./internal/server/state.ts"
