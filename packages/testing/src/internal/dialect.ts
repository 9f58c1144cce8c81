/**
 * The differences between the flavours of servers: how they execute commands, and which messages they send to which
 * clients.
 */
import type * as World from "../World.ts"

export interface Context {
  readonly world: World.World
  /** The sessions. */
  readonly admins: Iterable<{ readonly admin: number; readonly address: string }>
  /** The number of the admin that sends the command. */
  readonly admin: number
  /** In milliseconds. */
  readonly now: number
}

export interface Outcome {
  /** Whether the command exists and is allowed. */
  readonly known: boolean
  /** The output for the admin that sent the command, delivered by {@link Dialect.answer}. */
  readonly result: string
  /** The output that this admin gets later, after `banDelay`. */
  readonly later: string
  readonly world: World.World
  /** Messages to every admin, in this order. */
  readonly messages: ReadonlyArray<string>
  /** The effect on the server, or on the session that sent the command. */
  readonly fate: "Runs" | "Restarts" | "Stops" | "LogsOut"
}

/** The outcome of a known command without effect and without output. */
export const nothing = (world: World.World): Outcome => ({
  known: true,
  result: "",
  later: "",
  world,
  messages: [],
  fate: "Runs"
})

/** The answer to the admin that sent a command: the reply, then messages that no other admin gets. */
export interface Answer {
  readonly reply: string | Uint8Array
  readonly messages: ReadonlyArray<Uint8Array>
}

/** Messages to every admin, in this order, for each event. */
export interface News {
  readonly loggedIn: (admin: number, address: string) => ReadonlyArray<string>
  readonly connected: (player: World.Player) => ReadonlyArray<string>
  readonly identified: (player: World.Player, guidKind: string) => ReadonlyArray<string>
  readonly verified: (player: World.Player) => ReadonlyArray<string>
  readonly left: (player: World.Player) => ReadonlyArray<string>
  readonly kicked: (player: World.Player, reason: string) => ReadonlyArray<string>
  readonly chat: (player: World.Player, channel: string, text: string) => ReadonlyArray<string>
}

export interface Dialect {
  /** The lowest slot. */
  readonly lowestSlot: number
  /** The output of a command that the administrator may not use. */
  readonly disallowed: string
  /** Whether an administrator with restricted rights may not use the command with this name. */
  readonly restricts: (name: string) => boolean
  /** The world of a new process. */
  readonly reboot: (world: World.World) => World.World
  readonly execute: (text: string, context: Context) => Outcome
  /** The answer that delivers the output of a command. */
  readonly answer: (command: string, result: string | Uint8Array) => Answer
  /** The messages that deliver later output. */
  readonly messages: (later: string) => ReadonlyArray<Uint8Array>
  /** Messages to an admin that has just logged in, and to no other. */
  readonly welcome: (admin: number) => ReadonlyArray<string>
  readonly news: News
}

/** The name of a command for comparisons: its first word, in lower case. */
export const nameOf = (text: string): string => {
  const blank = text.indexOf(" ")
  return (blank === -1 ? text : text.slice(0, blank)).toLowerCase()
}

/** When a ban of this many milliseconds ends; `undefined` (never) if they are 0 or less, or too many for a clock. */
export const expiry = (now: number, duration: number): number | undefined => {
  const expires = now + duration
  return duration > 0 && expires <= Number.MAX_SAFE_INTEGER ? expires : undefined
}
