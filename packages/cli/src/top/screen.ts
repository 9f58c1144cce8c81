/**
 * The live screen, as a pure function of the known data and of the size of the terminal.
 */
import type { Player } from "@bercon/client/Player"
import { cut, fit, shortTime, sparkline } from "../output/cells.ts"

/** A player on the server, and since when. */
export interface Guest {
  readonly player: Player
  /** In milliseconds since 1970. */
  readonly since: number
  /** Whether the player came before the screen began. Then the time of arrival is unknown, and earlier than `since`. */
  readonly wasThere: boolean
}

/** The orders of the players. */
export const orders = ["slot", "name", "ping", "time"] as const

/** An order of the players. */
export type Order = typeof orders[number]

/** All that is shown. */
export interface Model {
  readonly server: string
  readonly status: string
  /** The time from the last empty command to its reply, in milliseconds. `undefined` if it was not answered. */
  readonly roundTrip: number | undefined
  readonly guests: ReadonlyArray<Guest>
  /** The number of players every ten seconds, the latest last. `undefined` during an outage. */
  readonly population: ReadonlyArray<number | undefined>
  /** The latest events, the newest last. */
  readonly news: ReadonlyArray<string>
  readonly order: Order
  /** How many players are above the first one that is shown. */
  readonly scrolled: number
  readonly now: number
}

/** The size of a terminal. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const KEYS = "q quit   s sort   ↑↓ scroll"

/** How many lines of news are kept: hardly any screen has room for more. */
export const NEWS = 200

const compare: Record<Order, (a: Guest, b: Guest) => number> = {
  slot: (a, b) => a.player.id - b.player.id,
  name: (a, b) => a.player.name.localeCompare(b.player.name),
  ping: (a, b) => (b.player.ping ?? -1) - (a.player.ping ?? -1),
  time: (a, b) => a.since - b.since
}

interface Column {
  readonly title: string
  readonly cells: number
  readonly right: boolean
  readonly text: (guest: Guest) => string
}

/** The fewest cells of a name. */
const NAME = 8

/** The columns that fit. On a narrow terminal the GUID is shortened or left out, then the time, then the ping. */
const columnsOf = (columns: number, now: number): ReadonlyArray<Column> => {
  const guidCells = columns >= 76 ? 32 : columns >= 52 ? 8 : 0
  const guidOf = ({ player }: Guest) => player.guid ?? player.identity ?? "-"
  const slot: Column = { title: "#", cells: 3, right: true, text: ({ player }) => String(player.id) }
  const ping: Column = { title: "Ping", cells: 5, right: true, text: ({ player }) => player.ping?.toString() ?? "-" }
  const here: Column = {
    title: "Here",
    cells: 6,
    right: true,
    text: ({ since, wasThere }) => `${shortTime(now - since)}${wasThere ? "+" : ""}`
  }
  const guid: Column = {
    title: "GUID",
    cells: guidCells,
    right: false,
    text: (guest) => guidOf(guest).slice(0, guidCells)
  }
  const widthOf = (all: ReadonlyArray<Column>) => all.reduce((sum, { cells }) => sum + cells + 2, 0)
  const left = [[slot, ping, here], [slot, ping]].find((all) => widthOf(all) + NAME <= columns) ?? [slot]
  const right = guidCells > 0 ? [guid] : []
  const cells = Math.max(NAME, columns - widthOf(left) - widthOf(right))
  return [...left, { title: "Name", cells, right: false, text: ({ player }) => player.name }, ...right]
}

const row = (columns: ReadonlyArray<Column>, text: (column: Column) => string): string =>
  columns.map((column) => fit(text(column), column.cells, column.right)).join("  ").trimEnd()

const heading = ({ guests, population, roundTrip, server, status }: Model, columns: number): string => {
  const facts = [
    status,
    ...(roundTrip === undefined ? [] : [`${roundTrip.toFixed(roundTrip < 10 ? 1 : 0)} ms`]),
    `${guests.length} ${guests.length === 1 ? "player" : "players"}`
  ].join("  ")
  const start = `${cut(server, Math.max(10, columns - 40))}  ${facts}  `
  return cut(start + sparkline(population, Math.min(40, columns - start.length)), columns)
}

/** How players and news share the rows that are left. */
const shares = (rows: number, guests: number): { readonly guests: number; readonly news: number } => {
  const news = Math.max(Math.min(3, rows), Math.floor(rows / 3), rows - guests)
  return { guests: rows - news, news }
}

/** The order after this one. */
export const nextOrder = (order: Order): Order => orders[(orders.indexOf(order) + 1) % orders.length]!

/** How far players can be scrolled on a terminal of this size. */
export const mostScrolled = ({ guests }: Pick<Model, "guests">, { rows }: Size): number =>
  Math.max(0, guests.length - shares(Math.max(0, rows - 4), guests.length).guests)

/** The lines of the screen from its top, none wider than the terminal. Texts of players take no more than their cells. */
export const render = (model: Model, { columns, rows }: Size): ReadonlyArray<string> => {
  const table = columnsOf(columns, model.now)
  const share = shares(Math.max(0, rows - 4), model.guests.length)
  const first = Math.min(model.scrolled, mostScrolled(model, { columns, rows }))
  const guests = model.guests.toSorted(compare[model.order]).slice(first, first + share.guests)
  const news = share.news === 0 ? [] : model.news.slice(-share.news)
  const lines = [
    heading(model, columns),
    row(table, ({ title }) => title),
    ...guests.map((guest) => row(table, ({ text }) => text(guest))),
    "─".repeat(columns),
    ...news,
    ...new Array<string>(Math.max(0, share.news - news.length)).fill(""),
    `${KEYS}   by ${model.order}`
  ]
  return lines.slice(0, rows).map((line) => cut(line, columns))
}
