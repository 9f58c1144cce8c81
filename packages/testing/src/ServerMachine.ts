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
import type { DecodeError } from "@bercon/codec/DecodeError"
import * as Packet from "@bercon/codec/Packet"
import * as Text from "@bercon/codec/Text"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { atLeastOne } from "./internal/atLeastOne.ts"
import * as Commands from "./internal/commands.ts"
import { type Dialect, nameOf, nothing } from "./internal/dialect.ts"
import { lowestFree } from "./internal/lowestFree.ts"
import * as ReforgerCommands from "./internal/reforgerCommands.ts"
import * as World from "./World.ts"

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

/**
 * Which of two servers it is.
 *
 * **Details**
 *
 * - `"BattlEye"`: BattlEye RCON, as Arma 2 OA, Arma 3 and DayZ have it, and Reforger too where it is turned on there.
 *   Commands are answered in their replies.
 * - `"Reforger"`: the RCON of Arma Reforger itself. Commands are answered in messages.
 *
 * @category models
 * @since 0.1.0
 */
export type Flavour = "BattlEye" | "Reforger"

const dialects: Record<Flavour, Dialect> = {
  BattlEye: Commands.dialect,
  Reforger: ReforgerCommands.dialect
}

/**
 * The answer of an {@link OnCommand} that wants more than a text.
 *
 * @category models
 * @since 0.1.0
 */
export interface CustomReply {
  /** Default: the command is executed as ever, and answered with what comes of it. */
  readonly reply?: string | Uint8Array | undefined
  /** How long the answer is held back. Default: `replyDelay`. Infinite: there is none. */
  readonly delay?: Duration.Input | undefined
}

/**
 * Answers commands in the server's place. Called with a command's text when it would be executed; `undefined` leaves the
 * command to the server. Strings are sent as UTF-8; on Reforger in messages, after the one that names the command.
 *
 * @category models
 * @since 0.1.0
 */
export type OnCommand = (text: string) => string | Uint8Array | CustomReply | undefined

/**
 * What the server makes of a command that comes with the same number and the same text as one less than `repeatWindow`
 * before. Nobody knows what real servers do.
 *
 * **Details**
 *
 * - `"execute"`: executes it again and answers.
 * - `"replay"`: does not execute it again, and sends the reply of the first time again.
 * - `"ignore"`: neither executes nor answers it.
 *
 * @category models
 * @since 0.1.0
 */
export type Repeats = "execute" | "replay" | "ignore"

/**
 * How a server behaves. Everything has a default, which is what real servers do where that is known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Default `"BattlEye"`. */
  readonly flavour?: Flavour | undefined
  /** `RConPassword`. Default {@link DEFAULT_PASSWORD}. */
  readonly password?: Redacted.Redacted | undefined
  /** The world at first. Default: nobody, no bans, no missions. */
  readonly world?: Partial<World.World> | undefined
  /** Answers commands in the server's place. Default: none does. */
  readonly onCommand?: OnCommand | undefined
  /** Commands (first words) that are answered with `Disallowed command`, or on Reforger as unknown. Default: none. */
  readonly disallowed?: ReadonlyArray<string> | undefined
  /**
   * Whether administrators have few rights: what is left to them is answered, the rest as `disallowed` is. Default `false`.
   *
   * On BattlEye it is `RestrictRCon 1`. That bars kicking, banning and the game's `#shutdown`; what else is guessed. Here it
   * is `kick`, `ban`, `addBan`, `removeBan`, `loadBans`, `writeBans` and every `#` command. On Reforger it is the permission
   * `monitor`, which leaves `#players`, and `@logout`.
   */
  readonly restricted?: boolean | undefined
  /**
   * How many clients can be logged in at once, 1 or more: Reforger's `maxClients`. Default: any number. A login too many is
   * not answered, which is guessed.
   */
  readonly maxClients?: number | undefined
  /** How long every reply is held back, and on Reforger the messages that follow it. Default 0. */
  readonly replyDelay?: Duration.Input | undefined
  /** How much later Reforger says what came of a command about bans. Infinite: it never does. Default 0. */
  readonly banDelay?: Duration.Input | undefined
  /** A session without a command for this long is dropped. Default 45 seconds. */
  readonly sessionTimeout?: Duration.Input | undefined
  /** How often a message is sent in all before the server gives up, 1 or more. Default 5. */
  readonly messageTries?: number | undefined
  /** The time between two tries, and after the last. Default 2 seconds. */
  readonly messageGap?: Duration.Input | undefined
  /** Whether a session is dropped when it did not acknowledge any try of a message. Default `true`. */
  readonly dropUnacknowledged?: boolean | undefined
  /** Default `"execute"`. */
  readonly repeats?: Repeats | undefined
  /** Default 10 seconds. */
  readonly repeatWindow?: Duration.Input | undefined
  /** How long `#restartserver` takes. Default 30 seconds. */
  readonly restartDowntime?: Duration.Input | undefined
  /** How many entries each record keeps, 1 or more. Default 10,000. */
  readonly recordCapacity?: number | undefined
}

/**
 * The password of a server that was given none: `"secret"`.
 *
 * @category constants
 * @since 0.1.0
 */
export const DEFAULT_PASSWORD: Redacted.Redacted = Redacted.make("secret")

/** What fits into a datagram of 65,507 bytes, the most there can be, after the 9 that a message begins with. */
const MESSAGE_CAPACITY = 65_498

/** How many answers can be held back for one session; more are not sent. */
const HELD_ANSWERS = 1024

// -----------------------------------------------------------------------------
// records
// -----------------------------------------------------------------------------

/**
 * When something happened, and with which client.
 *
 * @category records
 * @since 0.1.0
 */
export interface Event {
  /** In milliseconds on the server's clock: the `now` of this module's functions; of a `SimulatedServer` since 1970. */
  readonly time: number
  /** The client's, `ip:port`. */
  readonly address: string
}

/**
 * A login packet came.
 *
 * @category records
 * @since 0.1.0
 */
export interface Login extends Event {
  /** The administrator's number (on Reforger, the client's); `undefined` where it was refused, or one too many. */
  readonly admin: number | undefined
}

/**
 * A command packet came from a session. Keepalives are commands with an empty text.
 *
 * **Details**
 *
 * `outcome` is what was made of it:
 *
 * - `"Executed"`: it was executed, by the server or by `onCommand`.
 * - `"Refused"`: there is no such command, or it is disallowed.
 * - `"Replayed"`, `"Ignored"`: it was a repeat, see {@link Repeats}.
 *
 * @category records
 * @since 0.1.0
 */
export interface Command extends Event {
  readonly admin: number
  readonly sequence: number
  readonly text: string
  /** Whether it had come before, with the same number and text, less than `repeatWindow` ago. */
  readonly repeat: boolean
  readonly outcome: "Executed" | "Refused" | "Replayed" | "Ignored"
}

/**
 * A message was sent to a session for the first time.
 *
 * @category records
 * @since 0.1.0
 */
export interface Message extends Event {
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * A session acknowledged a message.
 *
 * @category records
 * @since 0.1.0
 */
export interface Acknowledgement extends Event {
  readonly sequence: number
  /** Whether the message was no longer waiting for it: acknowledged before, or given up. */
  readonly repeat: boolean
}

/**
 * A session ended.
 *
 * **Details**
 *
 * - `"Silence"`: it sent no command for too long.
 * - `"Unacknowledged"`: it did not acknowledge a message.
 * - `"Replaced"`: its address logged in again.
 * - `"LoggedOut"`: it gave Reforger's command `@logout`.
 * - `"Forgotten"`: {@link forget}.
 * - `"Stopped"`: the server stopped or restarted.
 *
 * @category records
 * @since 0.1.0
 */
export interface Drop extends Event {
  readonly admin: number
  readonly cause: "Silence" | "Unacknowledged" | "Replaced" | "LoggedOut" | "Forgotten" | "Stopped"
}

/**
 * A client broke the protocol, or so it looked from here: a client cannot help a datagram that the network damaged or
 * delayed, or a session that the server dropped.
 *
 * **Details**
 *
 * - `Malformed`: the datagram is no client packet.
 * - `NoSession`: a command or acknowledgement came from an address without a session.
 * - `NeverSent`: it acknowledged a message that this session was not sent.
 * - `NumberInUse`: a command came with the number of another one that was not answered yet, less than `repeatWindow`
 *   after it.
 * - `NotText`: a command has a NUL, or a login (`sequence` is `undefined` then).
 *
 * Silence is no violation but the end of the session, see {@link Drop}: too long without a command, or a message that was
 * not acknowledged. What comes afterwards is `NoSession`.
 *
 * @category records
 * @since 0.1.0
 */
export interface Violation extends Event {
  readonly reason:
    | { readonly _tag: "Malformed"; readonly error: DecodeError }
    | { readonly _tag: "NoSession"; readonly packet: "Command" | "Acknowledge" }
    | { readonly _tag: "NeverSent"; readonly sequence: number }
    | { readonly _tag: "NumberInUse"; readonly sequence: number }
    | { readonly _tag: "NotText"; readonly sequence: number | undefined }
}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A datagram to send, and the client to send it to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outgoing {
  readonly address: string
  readonly datagram: Uint8Array
}

/** The latest command with a number. */
interface Received {
  readonly text: string
  /** When it came last. */
  time: number
  /** Its reply, once that is sent. */
  reply: ReadonlyArray<Uint8Array> | undefined
}

/** What is sent to the session that gave a command: the reply, if it is not sent yet, then messages. */
interface Answer {
  readonly reply: { readonly command: Received; readonly datagrams: ReadonlyArray<Uint8Array> } | undefined
  readonly messages: ReadonlyArray<Uint8Array>
  /** Whether the session is over then. */
  readonly last: boolean
}

interface HeldAnswer extends Answer {
  readonly due: number
}

interface Unacknowledged {
  readonly sequence: number
  readonly datagram: Uint8Array
  readonly tries: number
  /** When the next try is due, or giving up. */
  readonly due: number
}

/**
 * A client that is logged in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Session {
  readonly address: string
  /** The administrator's number. */
  readonly admin: number
  /** When it logged in. */
  readonly since: number
  /** When its last command came; at first, when it logged in. */
  lastCommand: number
  /** How many messages it was sent. The next one's number is this modulo 256. */
  messages: number
  /** By number, in the order of `due`: all wait equally long, and a try puts the message at the end. */
  readonly unacknowledged: Map<number, Unacknowledged>
  /** By number. */
  readonly received: Map<number, Received>
  /** In the order of `due`; at most 1,024. */
  readonly held: Array<HeldAnswer>
}

interface Policy {
  readonly dialect: Dialect
  readonly password: Uint8Array
  readonly disallowed: ReadonlySet<string>
  readonly restricted: boolean
  readonly maxClients: number
  readonly replyDelay: number
  readonly banDelay: number
  readonly sessionTimeout: number
  readonly messageTries: number
  readonly messageGap: number
  readonly dropUnacknowledged: boolean
  readonly repeats: Repeats
  readonly repeatWindow: number
  readonly restartDowntime: number
  readonly recordCapacity: number
}

/**
 * A server's whole state, as data. Changed by the functions of this module alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerMachine {
  readonly policy: Policy
  world: World.World
  onCommand: OnCommand | undefined
  /** Whether the server is up. While it is not, its port is closed. */
  listening: boolean
  /** When a server that is down comes up again; `undefined`: not by itself. */
  upAt: number | undefined
  /** Whether it hears nothing and says nothing, though it is up. */
  silent: boolean
  /** Whether it refuses every login. */
  refusing: boolean
  /** By address. */
  readonly sessions: Map<string, Session>
  readonly logins: Array<Login>
  readonly commands: Array<Command>
  /** Those commands that were executed, without keepalives. */
  readonly executions: Array<Command>
  /** How often `executions` has a text. */
  readonly executionCounts: Map<string, number>
  readonly messages: Array<Message>
  readonly acknowledgements: Array<Acknowledgement>
  readonly drops: Array<Drop>
  readonly violations: Array<Violation>
  /** What is to be sent, see {@link drain}. */
  outgoing: Array<Outgoing>
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const millis = (input: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(input))

/**
 * A server that is up, with no session. Throws a `RangeError` where an option is out of its range.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): ServerMachine => ({
  policy: {
    dialect: dialects[options.flavour ?? "BattlEye"],
    password: Text.encode(Redacted.value(options.password ?? DEFAULT_PASSWORD)),
    disallowed: new Set(options.disallowed?.map(nameOf)),
    restricted: options.restricted ?? false,
    maxClients: options.maxClients === undefined ? Infinity : atLeastOne("maxClients", options.maxClients),
    replyDelay: millis(options.replyDelay ?? 0),
    banDelay: millis(options.banDelay ?? 0),
    sessionTimeout: millis(options.sessionTimeout ?? "45 seconds"),
    messageTries: atLeastOne("messageTries", options.messageTries ?? 5),
    messageGap: millis(options.messageGap ?? "2 seconds"),
    dropUnacknowledged: options.dropUnacknowledged ?? true,
    repeats: options.repeats ?? "execute",
    repeatWindow: millis(options.repeatWindow ?? "10 seconds"),
    restartDowntime: millis(options.restartDowntime ?? "30 seconds"),
    recordCapacity: atLeastOne("recordCapacity", options.recordCapacity ?? 10_000)
  },
  world: World.make(options.world),
  onCommand: options.onCommand,
  listening: true,
  upAt: undefined,
  silent: false,
  refusing: false,
  sessions: new Map(),
  logins: [],
  commands: [],
  executions: [],
  executionCounts: new Map(),
  messages: [],
  acknowledgements: [],
  drops: [],
  violations: [],
  outgoing: []
})

// -----------------------------------------------------------------------------
// output
// -----------------------------------------------------------------------------

/**
 * Takes what is to be sent, in order. To be called after every input: until then it accumulates.
 *
 * @category outputs
 * @since 0.1.0
 */
export const drain = (self: ServerMachine): ReadonlyArray<Outgoing> => {
  const outgoing = self.outgoing
  self.outgoing = []
  return outgoing
}

/**
 * When {@link tick} has something to do next; `Infinity` for never. It may change with every call of another function.
 *
 * @category outputs
 * @since 0.1.0
 */
export const wakeAt = (self: ServerMachine): number => {
  let due = self.upAt ?? Infinity
  for (const session of self.sessions.values()) {
    due = Math.min(due, session.lastCommand + self.policy.sessionTimeout)
    for (const { due: retry } of session.unacknowledged.values()) {
      due = Math.min(due, retry)
      break
    }
    const held = session.held[0]
    if (held !== undefined) due = Math.min(due, held.due)
  }
  return due
}

const record = <A>(self: ServerMachine, records: Array<A>, entry: A): void => {
  if (records.length >= self.policy.recordCapacity) records.shift()
  records.push(entry)
}

const recordExecution = (self: ServerMachine, entry: Command): void => {
  const { executionCounts: counts, executions } = self
  if (executions.length >= self.policy.recordCapacity) {
    // Of equals the first, which has been there longest.
    const [text, count] = Array.from(counts).reduce((most, next) => next[1] > most[1] ? next : most)
    executions.splice(executions.findIndex((execution) => execution.text === text), 1)
    if (count === 1) counts.delete(text)
    else counts.set(text, count - 1)
  }
  executions.push(entry)
  counts.set(entry.text, (counts.get(entry.text) ?? 0) + 1)
}

const send = (self: ServerMachine, address: string, datagram: Uint8Array): void => {
  if (!self.silent) self.outgoing.push({ address, datagram })
}

const tell = (self: ServerMachine, now: number, session: Session, text: string | Uint8Array): void => {
  const payload = typeof text === "string" ? Text.encode(text) : text
  const sequence = session.messages++ % 256
  const datagram = Packet.encode(Packet.message(sequence, payload))
  // Deleting first keeps the order where the number is still taken by an older message.
  session.unacknowledged.delete(sequence)
  session.unacknowledged.set(sequence, { sequence, datagram, tries: 1, due: now + self.policy.messageGap })
  record(self, self.messages, { time: now, address: session.address, sequence, payload })
  send(self, session.address, datagram)
}

const tellAll = (self: ServerMachine, now: number, texts: ReadonlyArray<string | Uint8Array>): void => {
  for (const text of texts) {
    for (const session of self.sessions.values()) tell(self, now, session, text)
  }
}

const drop = (self: ServerMachine, now: number, session: Session, cause: Drop["cause"]): void => {
  self.sessions.delete(session.address)
  session.held.length = 0
  session.unacknowledged.clear()
  record(self, self.drops, { time: now, address: session.address, admin: session.admin, cause })
}

const dropAll = (self: ServerMachine, now: number, cause: Drop["cause"]): void => {
  for (const session of self.sessions.values()) drop(self, now, session, cause)
}

// -----------------------------------------------------------------------------
// time
// -----------------------------------------------------------------------------

/**
 * Does what is due by `now`: messages sent again, answers held back, sessions dropped, the end of a restart.
 *
 * @category inputs
 * @since 0.1.0
 */
export const tick = (self: ServerMachine, now: number): void => elapse(self, now, undefined)

/** {@link tick}, but who is heard at the very last moment was not silent for too long. */
const elapse = (self: ServerMachine, now: number, heard: string | undefined): void => {
  if (self.upAt !== undefined && now >= self.upAt) start(self)
  for (const session of self.sessions.values()) {
    const end = session.lastCommand + self.policy.sessionTimeout
    if (now > end || now === end && session.address !== heard) {
      drop(self, now, session, "Silence")
      continue
    }
    sendHeld(self, now, session)
    retryMessages(self, now, session)
  }
}

const sendHeld = (self: ServerMachine, now: number, session: Session): void => {
  while (session.held.length > 0 && session.held[0]!.due <= now) {
    sendAnswer(self, now, session, session.held.shift()!)
  }
}

const retryMessages = (self: ServerMachine, now: number, session: Session): void => {
  for (const message of session.unacknowledged.values()) {
    if (message.due > now) return
    session.unacknowledged.delete(message.sequence)
    if (message.tries < self.policy.messageTries) {
      session.unacknowledged.set(message.sequence, {
        ...message,
        tries: message.tries + 1,
        due: now + self.policy.messageGap
      })
      send(self, session.address, message.datagram)
    } else if (self.policy.dropUnacknowledged) {
      return drop(self, now, session, "Unacknowledged")
    }
  }
}

// -----------------------------------------------------------------------------
// datagrams
// -----------------------------------------------------------------------------

/**
 * Takes a datagram that came from `address` (`ip:port`). The bytes are not kept.
 *
 * @category inputs
 * @since 0.1.0
 */
export const receive = (self: ServerMachine, now: number, address: string, datagram: Uint8Array): void => {
  elapse(self, now, self.silent ? undefined : address)
  if (!self.listening || self.silent) return
  const packet = Packet.decodeClient(datagram)
  if (Result.isFailure(packet)) return violate(self, now, address, { _tag: "Malformed", error: packet.failure })
  const { _tag } = packet.success
  if (_tag === "Login") return login(self, now, address, Redacted.value(packet.success.password))
  const session = self.sessions.get(address)
  if (session === undefined) return violate(self, now, address, { _tag: "NoSession", packet: _tag })
  return _tag === "Command"
    ? command(self, now, session, packet.success.sequence, packet.success.payload)
    : acknowledge(self, now, session, packet.success.sequence)
}

const violate = (self: ServerMachine, now: number, address: string, reason: Violation["reason"]): void =>
  record(self, self.violations, { time: now, address, reason })

const equals = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const login = (self: ServerMachine, now: number, address: string, password: Uint8Array): void => {
  if (password.includes(0)) violate(self, now, address, { _tag: "NotText", sequence: undefined })
  if (self.refusing || !equals(password, self.policy.password)) {
    record(self, self.logins, { time: now, address, admin: undefined })
    return send(self, address, Packet.encode(Packet.loginResult(false)))
  }
  const previous = self.sessions.get(address)
  if (previous === undefined && self.sessions.size >= self.policy.maxClients) {
    return record(self, self.logins, { time: now, address, admin: undefined })
  }
  if (previous !== undefined) drop(self, now, previous, "Replaced")
  const admin = lowestFree(Array.from(self.sessions.values(), (session) => session.admin))
  const session: Session = {
    address,
    admin,
    since: now,
    lastCommand: now,
    messages: 0,
    unacknowledged: new Map(),
    received: new Map(),
    held: []
  }
  self.sessions.set(address, session)
  record(self, self.logins, { time: now, address, admin })
  send(self, address, Packet.encode(Packet.loginResult(true)))
  const { news, welcome } = self.policy.dialect
  for (const text of welcome(admin)) tell(self, now, session, text)
  tellAll(self, now, news.loggedIn(admin, address))
}

const acknowledge = (self: ServerMachine, now: number, session: Session, sequence: number): void => {
  const { address } = session
  if (sequence >= session.messages) return violate(self, now, address, { _tag: "NeverSent", sequence })
  const repeat = !session.unacknowledged.delete(sequence)
  record(self, self.acknowledgements, { time: now, address, sequence, repeat })
}

// -----------------------------------------------------------------------------
// commands
// -----------------------------------------------------------------------------

const command = (self: ServerMachine, now: number, session: Session, sequence: number, payload: Uint8Array): void => {
  session.lastCommand = now
  const text = Text.decode(payload)
  if (payload.includes(0)) violate(self, now, session.address, { _tag: "NotText", sequence })
  const previous = session.received.get(sequence)
  const recent = previous !== undefined && now < previous.time + self.policy.repeatWindow
  const repeat = recent && previous.text === text
  if (recent && !repeat && previous.reply === undefined) {
    violate(self, now, session.address, { _tag: "NumberInUse", sequence })
  }
  const note = (outcome: Command["outcome"]): void => {
    const { address, admin } = session
    const entry: Command = { time: now, address, admin, sequence, text, repeat, outcome }
    record(self, self.commands, entry)
    if (outcome === "Executed" && text !== "") recordExecution(self, entry)
  }
  if (repeat && self.policy.repeats !== "execute") {
    previous.time = now
    note(self.policy.repeats === "replay" ? "Replayed" : "Ignored")
    if (self.policy.repeats === "replay") previous.reply?.forEach((datagram) => send(self, session.address, datagram))
    return
  }
  const received: Received = { text, time: now, reply: undefined }
  session.received.set(sequence, received)
  const { delay, outcome, result } = execute(self, now, session, text)
  note(outcome.known ? "Executed" : "Refused")
  const { banDelay, dialect, restartDowntime } = self.policy
  const { messages, reply } = dialect.answer(text, result)
  const datagrams = replyDatagrams(sequence, reply)
  const last = outcome.fate === "LogsOut"
  giveAnswer(self, now, session, { reply: { command: received, datagrams }, messages, last }, delay)
  const later = dialect.messages(outcome.later)
  if (later.length > 0) {
    giveAnswer(self, now, session, { reply: undefined, messages: later, last: false }, delay + banDelay)
  }
  self.world = outcome.world
  tellAll(self, now, outcome.messages)
  if (outcome.fate === "Restarts") restart(self, now, { downtime: restartDowntime })
  if (outcome.fate === "Stops") stop(self, now)
}

const execute = (self: ServerMachine, now: number, session: Session, text: string) => {
  const { dialect, disallowed, replyDelay: delay, restricted } = self.policy
  const unchanged = nothing(self.world)
  const name = nameOf(text)
  if (disallowed.has(name) || restricted && dialect.restricts(name)) {
    return { delay, outcome: { ...unchanged, known: false }, result: dialect.disallowed }
  }
  const answer = self.onCommand?.(text)
  const custom = typeof answer === "object" && !(answer instanceof Uint8Array) ? answer : { reply: answer }
  const outcome = custom.reply === undefined
    ? dialect.execute(text, { world: self.world, admins: self.sessions.values(), admin: session.admin, now })
    : unchanged
  return {
    delay: custom.delay === undefined ? delay : millis(custom.delay),
    outcome,
    result: custom.reply ?? outcome.result
  }
}

const replyDatagrams = (sequence: number, reply: string | Uint8Array): ReadonlyArray<Uint8Array> => {
  const bytes = typeof reply === "string" ? Text.encode(reply) : reply
  // A byte 0 at the beginning announces a part, so a reply that begins so can only be sent as one.
  if (bytes.length <= Packet.PART_PAYLOAD_BYTES && bytes[0] !== 0) {
    return [Packet.encode(Packet.commandReply(sequence, bytes))]
  }
  const total = Math.min(255, Math.ceil(bytes.length / Packet.PART_PAYLOAD_BYTES))
  return Array.from({ length: total }, (_, index) => {
    const start = index * Packet.PART_PAYLOAD_BYTES
    const part = bytes.subarray(start, start + Packet.PART_PAYLOAD_BYTES)
    return Packet.encode(Packet.commandReplyPart(sequence, total, index, part))
  })
}

const giveAnswer = (self: ServerMachine, now: number, session: Session, answer: Answer, delay: number): void => {
  if (delay <= 0) return sendAnswer(self, now, session, answer)
  if (delay === Infinity || session.held.length >= HELD_ANSWERS) {
    // Nobody is kept waiting for what does not come.
    if (answer.last) drop(self, now, session, "LoggedOut")
    return
  }
  const due = now + delay
  session.held.splice(session.held.findLastIndex((held) => held.due <= due) + 1, 0, { ...answer, due })
}

const sendAnswer = (self: ServerMachine, now: number, session: Session, { last, messages, reply }: Answer): void => {
  if (reply !== undefined) {
    reply.command.reply = reply.datagrams
    for (const datagram of reply.datagrams) send(self, session.address, datagram)
  }
  for (const message of messages) tell(self, now, session, message)
  if (last) drop(self, now, session, "LoggedOut")
}

// -----------------------------------------------------------------------------
// the game
// -----------------------------------------------------------------------------

/** {@link tick}, for what happens in a game: without a server there is none. */
const play = (self: ServerMachine, now: number): void => {
  tick(self, now)
  if (!self.listening) throw new RangeError("the server is down")
}

const playerAt = (self: ServerMachine, number: number): World.Player => {
  const player = World.find(self.world, number)
  if (player === undefined) throw new RangeError(`there is no player #${number}`)
  return player
}

/** Kicks a player who is banned, as far as the player is known yet. */
const isTurnedAway = (self: ServerMachine, now: number, player: World.Player): boolean => {
  const ban = World.banOf(self.world, player, now)
  if (ban === undefined) return false
  self.world = World.leave(self.world, player)
  tellAll(self, now, self.policy.dialect.news.kicked(player, `Admin Ban (${ban.reason})`))
  return true
}

const identified = (self: ServerMachine, now: number, newcomer: World.Player, guid: string | undefined) => {
  const [world, player] = World.identify(self.world, newcomer, guid)
  self.world = world
  tellAll(self, now, self.policy.dialect.news.identified(player))
  return player
}

const verified = (self: ServerMachine, now: number, identified: World.Player): World.Player => {
  const [world, player] = World.verify(self.world, identified)
  self.world = world
  tellAll(self, now, self.policy.dialect.news.verified(player))
  return player
}

/**
 * A player joins. Tells `… connected`, then the GUID and that it is verified, as far as the player has got; on Reforger
 * nobody is told. One who got no further goes on with {@link identify} and {@link verify}. Throws a `RangeError` where there
 * cannot be such a player ({@link World.player}), or the server is down.
 *
 * Who is banned is kicked, and is not in the world when this returns.
 *
 * @category inputs
 * @since 0.1.0
 */
export const join = (self: ServerMachine, now: number, options: World.PlayerOptions): World.Player => {
  play(self, now)
  const { lowestSlot, news } = self.policy.dialect
  const { guid, ...joining } = World.player(self.world, options, lowestSlot)
  const newcomer: World.Player = { ...joining, guid: undefined, verified: false }
  self.world = World.join(self.world, newcomer)
  tellAll(self, now, news.connected(newcomer))
  if (isTurnedAway(self, now, newcomer) || guid === undefined) return newcomer
  const player = identified(self, now, newcomer, guid)
  if (isTurnedAway(self, now, player) || !joining.verified) return player
  return verified(self, now, player)
}

/**
 * The GUID of a player who is still joining (`guid: null`) becomes known; default: one made from the name. Tells
 * `… - GUID: …`, but on Reforger nobody. Throws a `RangeError` where there is no such player, the GUID is known, or it is
 * none, or the server is down.
 *
 * Who is banned is kicked, and is not in the world when this returns.
 *
 * @category inputs
 * @since 0.1.0
 */
export const identify = (self: ServerMachine, now: number, number: number, guid?: string): World.Player => {
  play(self, now)
  const newcomer = playerAt(self, number)
  if (newcomer.guid !== undefined) throw new RangeError(`the GUID of player #${number} is known already`)
  const player = identified(self, now, newcomer, guid)
  isTurnedAway(self, now, player)
  return player
}

/**
 * The GUID of a player (`verified: false`) is verified. Tells `Verified GUID …`, but on Reforger nobody. Throws a
 * `RangeError` where there is no such player, or one whose GUID is not known or verified already, or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const verify = (self: ServerMachine, now: number, number: number): World.Player => {
  play(self, now)
  const player = playerAt(self, number)
  if (player.guid === undefined) throw new RangeError(`the GUID of player #${number} is not known yet`)
  if (player.verified) throw new RangeError(`the GUID of player #${number} is verified already`)
  return verified(self, now, player)
}

/**
 * A player leaves. Tells `… disconnected`, but on Reforger nobody. Throws a `RangeError` where there is no such player, or
 * the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const leave = (self: ServerMachine, now: number, number: number): void => {
  play(self, now)
  const player = playerAt(self, number)
  self.world = World.leave(self.world, player)
  tellAll(self, now, self.policy.dialect.news.left(player))
}

/**
 * BattlEye kicks a player for the given reason (`"Client not responding"`). Tells `… has been kicked by BattlEye: …`,
 * then `… disconnected`; on Reforger nobody is told. Throws a `RangeError` where there is no such player, or the server
 * is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const kick = (self: ServerMachine, now: number, number: number, reason: string): void => {
  play(self, now)
  const player = playerAt(self, number)
  self.world = World.leave(self.world, player)
  tellAll(self, now, self.policy.dialect.news.kicked(player, reason))
}

/**
 * A player says something in a channel (`"Global"`, `"Side"`, `"Direct"`, ...). Tells `(Channel) NAME: …`, but on Reforger
 * nobody. Throws a `RangeError` where there is no such player, or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const chat = (self: ServerMachine, now: number, number: number, channel: string, text: string): void => {
  play(self, now)
  tellAll(self, now, self.policy.dialect.news.said(playerAt(self, number), channel, text))
}

/**
 * Sends a message to every session, whatever its text. A string is sent as UTF-8. Throws a `RangeError` where the message
 * has more than 65,498 bytes, which no datagram has room for, or the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const emit = (self: ServerMachine, now: number, text: string | Uint8Array): void => {
  play(self, now)
  const payload = typeof text === "string" ? Text.encode(text) : text.slice()
  if (payload.length > MESSAGE_CAPACITY) throw new RangeError(`a message of ${payload.length} bytes is too long`)
  tellAll(self, now, [payload])
}

/**
 * Changes the world without a word to anyone, also while the server is down.
 *
 * @category inputs
 * @since 0.1.0
 */
export const update = (self: ServerMachine, now: number, f: (world: World.World) => World.World): void => {
  tick(self, now)
  self.world = f(self.world)
}

// -----------------------------------------------------------------------------
// trouble
// -----------------------------------------------------------------------------

/**
 * What a stop does.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopOptions {
  /** Whether the players are still there afterwards. Default `false`. */
  readonly keepPlayers?: boolean | undefined
}

/**
 * What a restart does.
 *
 * @category models
 * @since 0.1.0
 */
export interface RestartOptions extends StopOptions {
  /** How long the port is closed. Default 0: the new process is there at once, and knows no session. */
  readonly downtime?: Duration.Input | undefined
}

/**
 * The process ends: every session is forgotten, nobody is told, the port is closed until {@link start}, {@link goSilent}
 * ends. Players are gone unless `keepPlayers`.
 *
 * @category inputs
 * @since 0.1.0
 */
export const stop = (self: ServerMachine, now: number, options: StopOptions = {}): void => {
  tick(self, now)
  dropAll(self, now, "Stopped")
  if (options.keepPlayers !== true) self.world = { ...self.world, players: [] }
  self.listening = false
  self.silent = false
  self.upAt = undefined
}

/**
 * A server that is down comes up, with the bans of its file (on Reforger with those it had); one that is up stays as it is.
 *
 * @category inputs
 * @since 0.1.0
 */
export const start = (self: ServerMachine): void => {
  if (!self.listening) self.world = self.policy.dialect.reboot(self.world)
  self.listening = true
  self.upAt = undefined
}

/**
 * {@link stop}, and {@link start} after the downtime.
 *
 * @category inputs
 * @since 0.1.0
 */
export const restart = (self: ServerMachine, now: number, options: RestartOptions = {}): void => {
  stop(self, now, options)
  const downtime = millis(options.downtime ?? 0)
  if (downtime <= 0) return start(self)
  self.upAt = now + downtime
}

/**
 * The server hears nothing and says nothing until {@link resume}, or until it stops or restarts, though its port is open
 * and its clock runs: sessions are dropped meanwhile as the rules have it.
 *
 * @category inputs
 * @since 0.1.0
 */
export const goSilent = (self: ServerMachine, now: number): void => {
  tick(self, now)
  self.silent = true
}

/**
 * Ends {@link goSilent}.
 *
 * @category inputs
 * @since 0.1.0
 */
export const resume = (self: ServerMachine, now: number): void => {
  tick(self, now)
  self.silent = false
}

/**
 * Drops every session without notice.
 *
 * @category inputs
 * @since 0.1.0
 */
export const forget = (self: ServerMachine, now: number): void => {
  tick(self, now)
  dropAll(self, now, "Forgotten")
}

/**
 * Refuses every login from now on, also with the right password.
 *
 * @category inputs
 * @since 0.1.0
 */
export const refuse = (self: ServerMachine): void => {
  self.refusing = true
}

/**
 * Ends {@link refuse}.
 *
 * @category inputs
 * @since 0.1.0
 */
export const admit = (self: ServerMachine): void => {
  self.refusing = false
}

/**
 * Answers commands in the server's place from now on; `undefined` leaves them to the server again.
 *
 * @category inputs
 * @since 0.1.0
 */
export const onCommand = (self: ServerMachine, hook: OnCommand | undefined): void => {
  self.onCommand = hook
}
