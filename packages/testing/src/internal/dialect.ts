/**
 * What tells one flavour of server from another: what it makes of a command, and what it says to whom.
 */
import type * as World from "../World.ts"

export interface Context {
  readonly world: World.World
  /** Who is logged in. */
  readonly admins: Iterable<{ readonly admin: number; readonly address: string }>
  /** The number of the administrator who gives the command. */
  readonly admin: number
  /** In milliseconds. */
  readonly now: number
}

export interface Outcome {
  /** Whether there is such a command. */
  readonly known: boolean
  /** What the administrator who gave the command gets to read, the way {@link Dialect.answer} has it. */
  readonly result: string
  /** What that one gets to read besides, once the server's list of bans has answered. */
  readonly later: string
  readonly world: World.World
  /** What every administrator is told, in this order. */
  readonly messages: ReadonlyArray<string>
  /** What becomes of the server, or of the session that gave the command. */
  readonly fate: "Runs" | "Restarts" | "Stops" | "LogsOut"
}

/** The outcome of a command that is there, and does and says nothing. */
export const nothing = (world: World.World): Outcome => ({
  known: true,
  result: "",
  later: "",
  world,
  messages: [],
  fate: "Runs"
})

/** The way to the administrator who gave a command: the reply to it, then messages to that one alone. */
export interface Answer {
  readonly reply: string | Uint8Array
  readonly messages: ReadonlyArray<Uint8Array>
}

/** What every administrator is told, in this order, when something happens. */
export interface News {
  readonly loggedIn: (admin: number, address: string) => ReadonlyArray<string>
  readonly connected: (player: World.Player) => ReadonlyArray<string>
  readonly identified: (player: World.Player, guidKind: string) => ReadonlyArray<string>
  readonly verified: (player: World.Player) => ReadonlyArray<string>
  readonly left: (player: World.Player) => ReadonlyArray<string>
  readonly kicked: (player: World.Player, reason: string) => ReadonlyArray<string>
  readonly said: (player: World.Player, channel: string, text: string) => ReadonlyArray<string>
}

export interface Dialect {
  /** The lowest number that a player can have. */
  readonly lowestSlot: number
  /** The result of a command that the administrator may not give. */
  readonly disallowed: string
  /** Whether an administrator with few rights may not give the command with this name. */
  readonly restricts: (name: string) => boolean
  /** The world as a new process finds it. */
  readonly reboot: (world: World.World) => World.World
  readonly execute: (text: string, context: Context) => Outcome
  /** How the result of a command is told. */
  readonly answer: (command: string, result: string | Uint8Array) => Answer
  /** How is told what comes later than the answer: in messages. */
  readonly messages: (later: string) => ReadonlyArray<Uint8Array>
  /** What an administrator who has just logged in is told, and nobody else. */
  readonly welcome: (admin: number) => ReadonlyArray<string>
  readonly news: News
}

/** A command's name as it is compared: its first word, in lower case. */
export const nameOf = (text: string): string => {
  const blank = text.indexOf(" ")
  return (blank === -1 ? text : text.slice(0, blank)).toLowerCase()
}

/** When a ban of so many milliseconds ends. For ever: of none, and of more than a clock can count. */
export const expiry = (now: number, duration: number): number | undefined => {
  const expires = now + duration
  return duration > 0 && expires <= Number.MAX_SAFE_INTEGER ? expires : undefined
}
