/**
 * The state of a simulated server: its construction, its outgoing datagrams, its next deadline.
 */
import * as Text from "@bercon/codec/Text"
import * as Redacted from "effect/Redacted"
import * as World from "../../World.ts"
import { atLeastOne } from "../atLeastOne.ts"
import { nameOf } from "../dialect.ts"
import { DEFAULT_PASSWORD, dialects, millis, type OnCommand, type Options, type Policy } from "./options.ts"
import type { Acknowledgement, Command, Drop, Login, Message, Violation } from "./records.ts"

/**
 * A datagram to send, and its destination.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outgoing {
  readonly address: string
  readonly datagram: Uint8Array
}

/** The latest command with a certain number. */
export interface Received {
  readonly text: string
  /** When it was last received. */
  time: number
  /** Its reply, after it was sent. */
  reply: ReadonlyArray<Uint8Array> | undefined
}

/** An answer to the session that sent a command: the reply, unless it was sent before, then messages. */
export interface Answer {
  readonly reply: { readonly command: Received; readonly datagrams: ReadonlyArray<Uint8Array> } | undefined
  readonly messages: ReadonlyArray<Uint8Array>
  /** Whether it ends the session. */
  readonly last: boolean
}

interface HeldAnswer extends Answer {
  readonly due: number
}

interface Unacknowledged {
  readonly sequence: number
  readonly datagram: Uint8Array
  readonly tries: number
  /** When the message is sent again or given up. */
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
  /** The admin's number. */
  readonly admin: number
  /** When it logged in. */
  readonly since: number
  /** When its last command was received; initially, when it logged in. */
  lastCommand: number
  /** How many messages were sent to it. The sequence number of the next one is this count modulo 256. */
  messages: number
  /** By number, in the order of `due`: every wait is equally long, and each send moves its message to the end. */
  readonly unacknowledged: Map<number, Unacknowledged>
  /** By number. */
  readonly received: Map<number, Received>
  /** In the order of `due`; at most 1,024. */
  readonly held: Array<HeldAnswer>
}

/**
 * The whole state of a server, as data. Only the functions of the module `ServerMachine` change it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerMachine {
  readonly policy: Policy
  world: World.World
  onCommand: OnCommand | undefined
  /** Whether the server is up. While it is down, its port is closed. */
  listening: boolean
  /** When a server that is down starts again; `undefined` if it does not start by itself. */
  upAt: number | undefined
  /** Whether it neither receives nor sends although it is up. */
  silent: boolean
  /** Whether it refuses every login. */
  refusing: boolean
  /** By address. */
  readonly sessions: Map<string, Session>
  readonly logins: Array<Login>
  readonly commands: Array<Command>
  /** The executed commands, without keepalives. */
  readonly executions: Array<Command>
  /** How often `executions` contains each text. */
  readonly executionCounts: Map<string, number>
  readonly messages: Array<Message>
  readonly acknowledgements: Array<Acknowledgement>
  readonly drops: Array<Drop>
  readonly violations: Array<Violation>
  /** The datagrams to send, see {@link drain}. */
  outgoing: Array<Outgoing>
}

/**
 * Makes a server that is up, without sessions. Throws a `RangeError` if an option is out of range.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): ServerMachine => ({
  policy: {
    dialect: dialects[options.flavour ?? "BattlEye"],
    guidKind: options.guidKind ?? "BE GUID",
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
    recordCapacity: atLeastOne("recordCapacity", options.recordCapacity ?? 10_000),
    observer: options.observer ?? {}
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

/**
 * Takes the datagrams to send, in order. Call it after every input, because they accumulate until then.
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
 * When {@link tick} is due next; `Infinity` for never. Every call of another function may change it.
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
