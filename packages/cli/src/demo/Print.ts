/**
 * Prints the lines of the demo on standard output.
 */
import type { Player } from "@bercon/client"
import { Effect } from "effect"
import { stripVTControlCharacters } from "node:util"
import { Streams, widthOf, write } from "../output/Output.ts"
import * as SafeText from "../output/SafeText.ts"
import { inWords } from "../output/words.ts"
import { wrap } from "../output/wrap.ts"
import type { Item } from "./News.ts"

const bold = (text: string) => `\x1b[1m${text}\x1b[22m`
const dim = (text: string) => `\x1b[2m${text}\x1b[22m`

/** Prints lines. On a terminal they are wrapped between words, and styled if it shows colours. */
const print = (text: string) =>
  Effect.flatMap(Streams, ({ stdout }) => {
    const shown = stdout.isTTY && stdout.hasColors() ? text : stripVTControlCharacters(text)
    return write(`${wrap(shown, widthOf(stdout))}\n`)
  })

/** Gives the reader time. The story does not depend on it. */
export const pause = Effect.sleep("400 millis")

export const title = (first: string, ...rest: ReadonlyArray<string>) =>
  print([bold(SafeText.line(first)), "", ...rest.map(SafeText.line)].join("\n"))

export const step = (number: number, sentence: string) =>
  Effect.andThen(pause, print(`\n${bold(`${number}. ${sentence}`)}`))

/** A call of the client, as a user would write it. */
export const call = (...lines: ReadonlyArray<string>) => print(lines.map((line) => dim(`   > ${line}`)).join("\n"))

export const fact = (source: string, text: string) => print(`   ${source.padEnd(8)}${SafeText.line(text)}`)

const isStatus = ({ _tag }: Item) =>
  _tag === "Connecting" || _tag === "Online" || _tag === "Reconnecting" || _tag === "Closed"

export const item = (item: Item) =>
  fact(isStatus(item) ? "status" : "event", `${item._tag.padEnd(19)} ${inWords(item)}`)

export const players = (players: ReadonlyArray<Player.Player>) => {
  const rows = players.map((player) => [
    `#${player.id}`,
    player.ping === undefined ? "joining" : `${player.ping} ms`,
    String(player.address),
    player.guid ?? "-",
    SafeText.line(player.name) + (player.inLobby ? " (in the lobby)" : "")
  ])
  return print(table([["", "Ping", "Address", "BattlEye GUID", "Name"], ...rows]))
}

const table = (rows: ReadonlyArray<ReadonlyArray<string>>) => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  "))
  return lines.map((line) => `   ${line}`.trimEnd()).join("\n")
}
