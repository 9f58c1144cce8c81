/**
 * Keeps the live screen up to date.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import type * as RconClient from "@bercon/client/RconClient"
import type * as ServerEvent from "@bercon/client/ServerEvent"
import type { Status } from "@bercon/client/Status"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import process from "node:process"
import { inWords } from "../output/words.ts"
import * as Guests from "./Guests.ts"
import { type Model, mostScrolled, NEWS, nextOrder, render } from "./screen.ts"
import * as Terminal from "./terminal.ts"

/** The events that are shown. */
const SHOWN: ReadonlySet<ServerEvent.Tag> = new Set([
  "PlayerConnected",
  "PlayerDisconnected",
  "PlayerKicked",
  "PlayerChat",
  "UnattributedChat",
  "AdminChat",
  "AdminLoggedIn",
  "Gap"
])

/** Number of values that the chart keeps: one every ten seconds, for an hour. */
const POPULATION = 360

const STATUS: Record<Status["_tag"], string> = {
  Connecting: "logging in",
  Online: "online",
  Reconnecting: "OFFLINE, logging in again",
  Closed: "closed"
}

// Some terminals report 0 for an unknown size.
const size = () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 })

/** Shows a server until `q` is pressed, or its session ends for good. */
export const top = (rcon: RconClient.Service, server: string): Effect.Effect<void, LoginFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const quit = Deferred.makeUnsafe<void>()
    let model: Model = {
      server,
      status: STATUS.Online,
      roundTrip: undefined,
      guests: [],
      population: [],
      news: [],
      order: "slot",
      scrolled: 0,
      now: yield* Clock.currentTimeMillis
    }
    const draw = () => terminal.draw(render(model, size()))
    const change = (changes: Partial<Model>) => {
      model = { ...model, ...changes }
      draw()
    }
    const scroll = (by: number) =>
      change({ scrolled: Math.min(mostScrolled(model, size()), Math.max(0, model.scrolled + by)) })
    const onKey = (name: string) => {
      switch (name) {
        case "q":
          return Deferred.doneUnsafe(quit, Exit.void)
        case "s":
        case "right":
          return change({ order: nextOrder(model.order) })
        case "down":
          return scroll(1)
        case "up":
          return scroll(-1)
        case "pagedown":
          return scroll(10)
        case "pageup":
          return scroll(-10)
      }
    }
    const terminal = yield* Terminal.take(onKey, () => draw())
    draw()

    let known: Model["guests"] | undefined
    const players = Stream.runForEach(rcon.roster.changes, (list) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        known = Guests.update(known, list, now)
        change({ guests: known, now })
      }))
    const events = Stream.runForEach(rcon.events, (event) =>
      Effect.sync(() => {
        if (!SHOWN.has(event._tag)) return
        const time = event.receivedAt === undefined
          ? ""
          : `${DateTime.toDate(event.receivedAt).toTimeString().slice(0, 8)} `
        change({ news: [...model.news, time + inWords(event)].slice(-NEWS) })
      }))
    const status = Stream.runForEach(
      rcon.statusChanges,
      ({ _tag }) => Effect.sync(() => change({ status: STATUS[_tag] }))
    )
    const second = Effect.map(Clock.currentTimeMillis, (now) => change({ now }))
    const population = Effect.sync(() => {
      // A list from before an outage is not the population now.
      const count = model.status === STATUS.Online ? known?.length : undefined
      if (known !== undefined) change({ population: [...model.population, count].slice(-POPULATION) })
    })
    const roundTrip = Effect.gen(function*() {
      const before = performance.now()
      const answered = yield* Effect.isSuccess(rcon.command("", { timeout: "4 seconds" }))
      change({ roundTrip: answered ? performance.now() - before : undefined })
    })
    const every = (duration: "1 second" | "5 seconds" | "10 seconds", work: Effect.Effect<void>) =>
      Effect.forever(Effect.andThen(work, Effect.sleep(duration)))

    yield* Effect.raceAllFirst([
      Deferred.await(quit),
      rcon.closed,
      Effect.andThen(players, Effect.never),
      Effect.andThen(events, Effect.never),
      Effect.andThen(status, Effect.never),
      every("1 second", second),
      every("5 seconds", roundTrip),
      Effect.andThen(Effect.sleep("1 second"), every("10 seconds", population))
    ])
  })
