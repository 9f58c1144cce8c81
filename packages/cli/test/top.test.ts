import * as Player from "@bercon/client/Player"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { displayWidth } from "effect/cli/CliOutput"
import { cut, fit, shortTime, sparkline } from "../src/output/cells.ts"
import * as Guests from "../src/top/Guests.ts"
import { type Model, mostScrolled, render } from "../src/top/screen.ts"
import { difference } from "../src/top/terminal.ts"
import { bercon, failed } from "./bercon.ts"
import { hasTmux, needsTmux, start } from "./terminal.ts"

const player = (id: number, name: string, ping = 50) =>
  Schema.decodeSync(Player.Player)({ id, name, ping, guid: "4fc867abf98b934e9e7eeaf15170258c", verified: true })

const HOSTILE = "\x1b[2J\x1b]0;x\x07\r\n李雷 the\u0301 \u202eolleh 👩‍👩‍👧 " + "x".repeat(60)

const model: Model = {
  server: "eu1",
  status: "online",
  roundTrip: 12.34,
  guests: [],
  population: [],
  news: [],
  order: "slot",
  scrolled: 0,
  now: 1_000_000
}

describe("text for a screen", () => {
  it.prop("has exactly the given number of cells after `fit`, and at most that number after `cut`", [
    Schema.String,
    Schema.Int
  ], ([text, number]) => {
    const cells = Math.abs(number) % 50
    return displayWidth(fit(text + HOSTILE, cells)) === cells && displayWidth(cut(text + HOSTILE, cells)) <= cells
  })

  it("is cut between characters, not within", () => {
    assert.deepStrictEqual([cut("李雷李雷", 6), cut("the\u0301\u0301 x", 4), cut("abc", 3), cut("abc", 0)], [
      "李雷…",
      "the\u0301\u0301…",
      "abc",
      ""
    ])
  })

  it("shows the latest numbers as bars, on a scale from 0 to the greatest", () => {
    assert.strictEqual(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), "▁▂▃▄▅▆▇█")
    assert.strictEqual(sparkline([100, 0, 7], 2), "▁█")
    assert.strictEqual(sparkline([7, undefined, 7], 8), "█ █", "a blank for an outage")
    assert.deepStrictEqual([sparkline([0, 0], 5), sparkline([], 5), sparkline([1], 0)], ["▁▁", "", ""])
  })

  it.each([[0, "0s"], [59_999, "59s"], [60_000, "1m"], [3_900_000, "1h05"], [200_000_000, "2d"], [-5, "0s"]])(
    "shows %i ms as %s",
    (millis, text) => assert.strictEqual(shortTime(millis), text)
  )
})

describe("the screen of top", () => {
  const guests = Array.from({ length: 30 }, (_, id) => ({
    player: player(id, id === 3 ? HOSTILE : `Player ${id}`, 100 - id),
    since: model.now - id * 60_000,
    wasThere: id > 5
  }))

  it.each([[40, 24], [80, 24], [120, 50], [20, 5], [8, 3], [10, 1]])(
    "fits a terminal of %i columns and %i rows, whatever players write",
    (columns, rows) => {
      const lines = render({ ...model, guests, news: [HOSTILE, HOSTILE], population: [1, 2, 3] }, { columns, rows })
      assert.isAtMost(lines.length, rows)
      for (const line of lines) {
        assert.isAtMost(displayWidth(line), columns, JSON.stringify(line))
        assert.notMatch(line, /[\x00-\x1f\x7f\u202e]/)
      }
    }
  )

  it.each([28, 27, 24, 20, 14])("shows the names on a terminal of %i columns", (columns) => {
    const lines = render({ ...model, guests: guests.slice(0, 2) }, { columns, rows: 10 })
    assert.match(lines[1]!, / Name$/)
    assert.match(lines[2]!, / Player 0$/)
  })

  it("has a heading, players, news, and the keys", () => {
    const lines = render({ ...model, guests: guests.slice(0, 2), news: ["a", "b"], population: [0, 1, 2] }, {
      columns: 60,
      rows: 10
    })
    assert.deepStrictEqual(lines, [
      "eu1  online  12 ms  2 players  ▁▅█",
      "  #   Ping    Here  Name                            GUID",
      "  0    100      0s  Player 0                        4fc867ab",
      "  1     99      1m  Player 1                        4fc867ab",
      "─".repeat(60),
      "a",
      "b",
      "",
      "",
      "q quit   s sort   ↑↓ scroll   by slot"
    ])
  })

  it("scrolls only as far as there are players, and sorts them", () => {
    const size = { columns: 60, rows: 16 }
    const most = mostScrolled({ guests }, size)
    const last = (scrolled: number) =>
      render({ ...model, guests, scrolled }, size).findLast((line) => /^ *\d+ /.test(line))
    assert.match(last(most)!, /^ 29 /)
    assert.strictEqual(last(most + 100), last(most))
    const byPing = render({ ...model, guests: guests.toReversed(), order: "ping" }, size)
    assert.match(byPing[2]!, /^ {2}0 +100 /)
  })

  it("draws only the rows that have changed", () => {
    assert.strictEqual(difference(["a", "b", "c"], ["a", "x"]), "\x1b[2;1H\x1b[2Kx\x1b[3;1H\x1b[J")
    assert.strictEqual(difference(["a"], ["a"]), "")
  })

  it("shows how long each player has been there, even if another player has taken over a slot", () => {
    const first = Guests.update(undefined, [player(0, "Miller")], 1000)
    const second = Guests.update(first, [player(0, "Miller", 70), player(1, "Kerry"), player(1, "Kerry")], 2000)
    const third = Guests.update(second, [player(0, "Stavrou"), player(1, "Kerry")], 3000)
    const brief = (guests: Model["guests"]) =>
      guests.map(({ player, since, wasThere }) => [player.name, since, wasThere])
    assert.deepStrictEqual([brief(first), brief(second), brief(third)], [
      [["Miller", 1000, true]],
      [["Miller", 1000, true], ["Kerry", 2000, false]],
      [["Stavrou", 3000, false], ["Kerry", 2000, false]]
    ])
  })
})

describe("bercon top", { concurrent: true }, () => {
  it.live("fails without a terminal", () =>
    Effect.gen(function*() {
      const env = { BERCON_PORT: "2306", BERCON_PASSWORD: "x" }
      failed(yield* bercon(["top"], env), 2, /top needs a terminal/)
    }))

  it.live.skipIf(!hasTmux)(
    `shows a server live at 40 columns, and restores the screen${needsTmux}`,
    () =>
      Effect.gen(function*() {
        const server = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
        yield* server.join({ name: "Miller" })
        const env = { BERCON_PORT: `${server.address.port}`, BERCON_PASSWORD: "right" }
        const terminal = yield* start(["top"], { env, columns: 40, rows: 16 })
        yield* terminal.until(/online {2}[\d.]+ ms {2}1 player/)
        yield* server.join({ name: HOSTILE })
        yield* server.chat(0, "Side", "hello \x1b[2J")
        const screen = yield* terminal.until(/Miller to Side: hello \\x1b/)
        assert.match(screen, /^ {2}0 +47 +\d+s\+ {2}Miller$/m)
        assert.match(screen, /^ {2}1 +(?:47|-) +\d+s {2}\\x1b/m)
        for (const line of screen.split("\n")) assert.isAtMost(displayWidth(line), 40)
        yield* terminal.resize(70, 16)
        yield* terminal.until(/^─{70}$/m)
        yield* terminal.press("s")
        yield* terminal.until(/by name$/m)
        yield* server.stop({ keepPlayers: true })
        yield* terminal.until(/OFFLINE/)
        yield* server.start
        yield* terminal.until(/online {2}[\d.]+ ms {2}2 players/)
        yield* server.chat(0, "Side", "after the outage")
        yield* terminal.until(/Miller to Side: after the outage/)
        yield* terminal.press("q")
        const after = yield* terminal.ended(0)
        assert.notInclude(after, "Miller")
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!hasTmux)(`with --wait waits for a server that is down${needsTmux}`, () =>
    Effect.gen(function*() {
      const server = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
      yield* server.stop()
      const env = { BERCON_PORT: `${server.address.port}`, BERCON_PASSWORD: "right" }
      const terminal = yield* start(["top", "--wait", "5m", "--timeout", "500ms"], { env })
      // Progress begins after a second: without --wait, the login would have failed by then.
      yield* terminal.until(/^waiting for 127\.0\.0\.1:\d+ \(\d+ s\)$/m)
      yield* server.start
      yield* terminal.until(/online .* 0 players/)
      yield* terminal.press("q")
      yield* terminal.ended(0)
    }).pipe(Effect.scoped))

  const ends = [["Ctrl-C", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const
  for (const [end, code] of ends) {
    it.live.skipIf(!hasTmux)(`restores the screen on ${end}${needsTmux}`, () =>
      Effect.gen(function*() {
        const server = yield* NodeSimulatedServer.make({ password: Redacted.make("right") })
        const env = { BERCON_PORT: `${server.address.port}`, BERCON_PASSWORD: "right" }
        const terminal = yield* start(["top"], { env })
        yield* terminal.until(/0 players/)
        yield* end === "Ctrl-C" ? terminal.press("C-c") : terminal.signal(end)
        assert.notInclude(yield* terminal.ended(code), "players")
      }).pipe(Effect.scoped))
  }
})
