/**
 * Players and bans as people name them on the command line.
 *
 * **Details**
 *
 * A player is named by slot (`3`, `#3`), by GUID or the UUID of an account, or by name. Upper and lower case of a name, and
 * blanks around it, do not matter. But the name must be complete: a part of it could match another player after the intended
 * one has left. `name:3` is the player whose name is 3.
 */
import * as Ban from "@bercon/client/Ban"
import * as Player from "@bercon/client/Player"
import type * as RconClient from "@bercon/client/RconClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ServerFailure, TargetError } from "../Failure.ts"
import { quoted } from "../output/quoted.ts"
import * as SafeText from "../output/SafeText.ts"

const failed = (message: string) => Effect.fail(new TargetError({ message }))

const LISTED = 10

const listed = (players: ReadonlyArray<Player.Player>): string =>
  players.slice(0, LISTED).map((player) => SafeText.line(player.toString())).join(", ") +
  (players.length > LISTED ? ` and ${players.length - LISTED} more` : "")

/** A name in the form in which names are compared: without differences in case, Unicode form, and blanks around it. */
const folded = (name: string): string => name.normalize("NFKC").trim().toLowerCase()

/** The meaning of a text, before it is compared with the players on the server. */
type Meaning =
  | { readonly _tag: "Slot"; readonly slot: Player.PlayerId }
  | { readonly _tag: "Ban"; readonly target: Ban.BanTarget }
  | { readonly _tag: "Name"; readonly name: string }

const meaningOf = (text: string): Meaning => {
  if (text.startsWith("name:")) return { _tag: "Name", name: text.slice("name:".length) }
  const slot = Player.idFromString(text)
  if (Option.isSome(slot)) return { _tag: "Slot", slot: slot.value }
  const target = Ban.targetFromString(text)
  return Option.isSome(target) ? { _tag: "Ban", target: target.value } : { _tag: "Name", name: text }
}

const isMeant = (meaning: Meaning) => (player: Player.Player): boolean => {
  switch (meaning._tag) {
    case "Slot":
      return player.id === meaning.slot
    case "Ban":
      return player.guid === meaning.target || player.identity === meaning.target
    case "Name":
      return folded(player.name) === folded(meaning.name)
  }
}

/** Removes duplicates: several texts can name the same player or ban. */
const distinct = <A extends Player.Player | Ban.Ban | Ban.BanTarget>(all: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(all.map((one) => [typeof one === "string" ? one : one.id, one])).values()
]

/** Finds the player that a text names. Fails unless exactly one player of the list matches. */
const among = (
  players: ReadonlyArray<Player.Player>,
  text: string
): Effect.Effect<Player.Player, TargetError> => {
  const meaning = meaningOf(text)
  // Some servers print a player twice.
  const found = distinct(players.filter(isMeant(meaning)))
  const [first, ...others] = found
  const shown = quoted(text)
  if (first === undefined) {
    const wanted = meaning._tag === "Name" ? folded(meaning.name) : ""
    const near = wanted === "" ? [] : players.filter(({ name }) => folded(name).includes(wanted))
    return failed(
      near.length > 0
        ? `no player is called ${shown} exactly. Did you mean ${listed(near)}? Nothing was done`
        : `there is no player ${shown} on the server. Nothing was done; \`bercon players\` lists who is there`
    )
  }
  return others.length > 0
    ? failed(`${shown} is more than one player: ${listed(found)}. Use the slot. Nothing was done`)
    : Effect.succeed(first)
}

/** Finds the players on the server that `texts` name. Fails if one of the texts names no player, or several. */
export const players = (
  rcon: RconClient.Service,
  texts: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Player.Player>, ServerFailure> =>
  Effect.flatMap(rcon.players, (list) => Effect.map(Effect.forEach(texts, (text) => among(list, text)), distinct))

/** Targets of a ban: players who are on the server, and GUIDs, addresses and accounts that are not. */
export interface Banned {
  readonly present: ReadonlyArray<Player.Player>
  readonly absent: ReadonlyArray<Ban.BanTarget>
}

/** Finds the targets of a ban that `texts` name. Fails if a text matches several players, or is a name or slot of no player. */
export const toBan = (
  rcon: RconClient.Service,
  texts: ReadonlyArray<string>
): Effect.Effect<Banned, ServerFailure> =>
  Effect.gen(function*() {
    const list = yield* rcon.players
    const present = new Array<Player.Player>()
    const absent = new Array<Ban.BanTarget>()
    for (const text of texts) {
      const meaning = meaningOf(text)
      if (meaning._tag === "Ban" && !list.some(isMeant(meaning))) absent.push(meaning.target)
      else present.push(yield* among(list, text))
    }
    return { present: distinct(present), absent: distinct(absent) }
  })

/**
 * Finds the bans to remove. A text is a GUID, an address, an account, or the number of a ban in the list. On Arma Reforger it
 * may also be a name.
 */
export const toUnban = (
  rcon: RconClient.Service,
  texts: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Ban.Ban | Ban.BanTarget>, ServerFailure> =>
  Effect.gen(function*() {
    const meanings = texts.map(meaningOf)
    const list = meanings.every(({ _tag }) => _tag === "Ban") ? [] : yield* rcon.bans
    return distinct(yield* Effect.forEach(texts, (text, at) => listedBan(list, text, meanings[at]!)))
  })

const listedBan = (
  list: ReadonlyArray<Ban.Ban>,
  text: string,
  meaning: Meaning
): Effect.Effect<Ban.Ban | Ban.BanTarget, TargetError> => {
  if (meaning._tag === "Ban") return Effect.succeed(meaning.target)
  const found = list.filter(({ id, name }) =>
    meaning._tag === "Slot" ? Number(id) === meaning.slot : name !== undefined && folded(name) === folded(meaning.name)
  )
  const [first, ...others] = found
  const shown = quoted(text)
  if (first === undefined) {
    return failed(`there is no ban ${shown}. Nothing was done; \`bercon bans\` lists GUIDs, addresses and numbers`)
  }
  return others.length > 0
    ? failed(
      `${shown} is more than one ban: ${
        found.map((ban) => SafeText.line(ban.toString())).join(", ")
      }. Use the number. Nothing was done`
    )
    : Effect.succeed(first)
}

/** A player or ban as it is shown in an outcome. */
export const label = (target: Player.Player | Ban.Ban | Ban.BanTarget): string => target.toString()
