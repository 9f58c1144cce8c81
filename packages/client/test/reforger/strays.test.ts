/**
 * Tests that no command takes the output of another client's command, or of an earlier command of this client.
 */
import { assert, describe, it } from "@effect/vitest"
import { Exchange } from "../../src/internal/reforger/exchange.ts"
import { MAX_TEXTS } from "../../src/internal/reforger/expectation.ts"
import { MAX_STRAYS, STRAY_MILLIS, STRAY_QUIET_MILLIS } from "../../src/internal/reforger/strays.ts"
import { complete, fresh, INCOMPLETE, sent, typed } from "./conversation.ts"
import { echo, OLDER_BANS, PLAYERS, row, UUID } from "./texts.ts"

describe("a command in progress", () => {
  it("does not take the results of an earlier ban that the server executed several times", () => {
    const exchange = sent("#ban create 1 0")
    for (let run = 0; run < 3; run++) exchange.offer(0, echo("#ban create 1 0"))
    exchange.offer(0, "Ban created!")
    assert.strictEqual(exchange.outcome(0)?._tag, "Complete")
    exchange.end(0, false)
    sent("#ban create 2 0", exchange)
    exchange.offer(1, echo("#ban create 2 0"))
    // Time passes between the results.
    assert.isFalse(exchange.offer(1, "Ban created!"))
    assert.isFalse(exchange.offer(4999, "Ban created!"))
    assert.isTrue(exchange.offer(4999, "Ban created!"))
  })

  it("does not take the output of other commands", () => {
    const exchange = typed("#foo")
    exchange.offer(0, echo("#foo"))
    assert.isFalse(exchange.offer(1, echo("#kick 9")))
    assert.isFalse(exchange.offer(2, "Player 'Eve' kicked!"))
    assert.isTrue(exchange.offer(3, "of #foo"))
    assert.isFalse(exchange.offer(4, echo("#bar")))
    assert.isFalse(exchange.offer(5, "of #bar"))
    assert.deepStrictEqual(exchange.outcome(453), complete("of #foo"))
    const silent = typed("#foo")
    silent.offer(0, echo("#foo"))
    silent.offer(1, echo("#bar"))
    assert.isFalse(silent.offer(2, "of either"))
    assert.deepStrictEqual(silent.outcome(1200), INCOMPLETE)
  })

  it("leaves a text of unknown form to another client's command whose output follows its echo at once", () => {
    const foo = () => {
      const exchange = typed("#foo")
      exchange.offer(0, echo("#foo"))
      return exchange
    }
    const unread = foo()
    unread.offer(1, echo("#players"))
    assert.isFalse(unread.offer(2, "Spieler: keine"))
    assert.deepStrictEqual(unread.outcome(1201), INCOMPLETE)
    // The output of the other command has arrived already.
    const known = foo()
    known.offer(1, echo("#players"))
    assert.isFalse(known.offer(2, PLAYERS))
    assert.isTrue(known.offer(3, "of #foo"))
    // The other command has no output, or its output has another form.
    const silent = foo()
    silent.offer(1, echo("#restart"))
    assert.isTrue(silent.offer(2, "of #foo"))
    const other = foo()
    other.offer(1, echo("#players"))
    assert.isTrue(other.offer(2, "User not found!"))
  })

  it("takes a text that only this command can have, although another echo came last", () => {
    const exchange = sent("#kick 1")
    exchange.offer(0, echo("#kick 1"))
    exchange.offer(1, echo("#bar"))
    assert.isFalse(exchange.offer(2, "unknown command"))
    assert.isTrue(exchange.offer(3, "Player 'Bob' kicked!"))
  })

  it("does not take the output of an earlier command that was given up, even if echoes are lost", () => {
    // The echo of the earlier command arrived. The echo of the new one may be lost.
    const arrived = sent("#kick 1")
    arrived.offer(0, echo("#kick 1"))
    arrived.end(0, false)
    sent("#kick 2", arrived)
    arrived.gap()
    assert.isFalse(arrived.offer(1, "Player 'Bob' kicked!"))
    // The echo of the earlier command is lost.
    const lost = sent("#kick 1")
    lost.end(0, false)
    sent("#kick 2", lost)
    lost.gap()
    assert.isFalse(lost.offer(1, "Player 'Bob' kicked!"))
    lost.offer(2, echo("#kick 2"))
    assert.isTrue(lost.offer(2, "Player 'Eve' kicked!"))
  })

  it("does not take the result of an earlier ban that the server may have executed again", () => {
    for (const givenUp of ["before", "between", "never"]) {
      // One echo is lost, another one arrives.
      const exchange = sent("#ban create 1 0")
      if (givenUp === "before") exchange.end(0, false)
      exchange.gap()
      if (givenUp === "between") exchange.end(0, false)
      exchange.offer(0, echo("#ban create 1 0"))
      assert.strictEqual(exchange.offer(0, "Ban created!"), givenUp === "never")
      exchange.end(0, false)
      sent("#ban create 2 0", exchange)
      exchange.offer(1, echo("#ban create 2 0"))
      assert.isFalse(exchange.offer(1, "Ban created!"))
      assert.isTrue(exchange.offer(1, "Ban created!"))
    }
  })

  it("takes no more texts of a kind after another command has taken one that either can have", () => {
    const raw = typed("#foo")
    raw.offer(0, echo("#foo"))
    raw.offer(1, echo("#kick 9"))
    assert.isFalse(raw.offer(2, "unknown command"))
    assert.isFalse(raw.offer(3, "of either"))
    assert.deepStrictEqual(raw.outcome(5000), INCOMPLETE)
    // The lost echo and the next one may be of two executions, so the second result may be of the other ban.
    const lost = sent("#ban create 1 0")
    lost.gap()
    lost.offer(1, echo("#ban create 9 0"))
    assert.isFalse(lost.offer(2, "Ban created!"))
    lost.offer(3, echo("#ban create 1 0"))
    assert.isFalse(lost.offer(4, "Ban created!"))
    // A second execution has output, too.
    const ban = sent("#ban create 1 0")
    ban.offer(0, echo("#ban create 1 0"))
    ban.offer(1, echo("#ban create 9 0"))
    assert.isFalse(ban.offer(2, "Ban created!"))
    ban.offer(3, echo("#ban create 1 0"))
    assert.isFalse(ban.offer(4, "Ban created!"))
    assert.deepStrictEqual(ban.outcome(5000), INCOMPLETE)
  })

  it("takes no text before its echo", () => {
    const exchange = typed("#foo")
    exchange.offer(0, echo("#bar"))
    assert.isFalse(exchange.offer(0, "of #bar"))
    exchange.offer(1, echo("#foo"))
    assert.isTrue(exchange.offer(1, "of #foo"))
  })
})

// A command of another client, or a command of this client that was given up.
describe("a command that is not awaited", () => {
  it("takes the rows of its list of bans, but not the rows of a list of players", () => {
    const exchange = sent("#ban list 1")
    exchange.offer(0, echo("#ban list 1"))
    exchange.end(0, false)
    const players = sent("#players", exchange)
    players.offer(1, "Total bans: 30 | Page: 1/2")
    players.offer(2, echo("#players"))
    assert.isTrue(players.offer(3, PLAYERS))
    assert.isTrue(players.offer(4, row(1, "Bob")))
    assert.isFalse(players.offer(5, "- 67ab5fd5-7e35-579a-68d9-b934ff7124f0 | Eve"))
    assert.deepStrictEqual(players.outcome(454), complete(PLAYERS, row(1, "Bob")))
  })

  it("takes the rest of its list of bans if it was given up in the middle of the list", () => {
    const exchange = sent("#ban list 1")
    exchange.offer(0, echo("#ban list 1"))
    exchange.offer(0, OLDER_BANS)
    exchange.end(0, false)
    const players = sent("#players", exchange)
    players.offer(1, echo("#players"))
    assert.isTrue(players.offer(2, PLAYERS))
    // This row could also be of a player whose name is a number.
    assert.isFalse(players.offer(3, row(1, 3600)))
  })

  it("leaves the next page to the next request after its own list was complete", () => {
    // The first list may have been cut, so its rest is awaited until the end of the window.
    for (
      const list of [
        OLDER_BANS,
        `${OLDER_BANS}\n${Array.from({ length: 25 }, (_, id) => row(id, 3600)).join("\n")}`
      ]
    ) {
      const exchange = sent("#ban list 1")
      exchange.offer(0, echo("#ban list 1"))
      exchange.offer(0, list)
      const now = exchange.wakeAt
      assert.deepStrictEqual(exchange.outcome(now), complete(list))
      exchange.end(now, false)
      sent("#ban list 2", exchange)
      exchange.offer(now, echo("#ban list 2"))
      assert.isTrue(exchange.offer(now, OLDER_BANS))
    }
  })

  it("of another client takes its list of bans until the list is complete", () => {
    const row = "2 ; 67ab5fd5-7e35-579a-68d9-b934ff7124f0 ; 3600"
    for (const [delay, own] of [[STRAY_QUIET_MILLIS - 1, false], [STRAY_QUIET_MILLIS, true]] as const) {
      const exchange = fresh()
      exchange.offer(0, echo("#ban list"))
      exchange.offer(1000, OLDER_BANS)
      exchange.offer(2000, row)
      sent("#ban list 1", exchange)
      exchange.offer(2000, echo("#ban list 1"))
      assert.strictEqual(exchange.offer(2000 + delay, OLDER_BANS), own)
      assert.strictEqual(exchange.offer(2000 + delay, row), own)
    }
    // The list has not begun, or only the notice before it has arrived.
    for (const texts of [[], ["Processing ban list"]]) {
      const exchange = fresh()
      exchange.offer(0, echo("#ban list"))
      for (const text of texts) exchange.offer(0, text)
      sent("#ban list 1", exchange)
      exchange.offer(0, echo("#ban list 1"))
      assert.isFalse(exchange.offer(STRAY_QUIET_MILLIS, OLDER_BANS))
    }
    // The server executes the command twice.
    const twice = sent("#ban list")
    twice.offer(0, echo("#ban list"))
    twice.offer(0, echo("#ban list"))
    twice.end(0, false)
    sent("#ban list 1", twice)
    twice.offer(0, echo("#ban list 1"))
    assert.isFalse(twice.offer(0, OLDER_BANS))
    assert.isFalse(twice.offer(STRAY_QUIET_MILLIS, OLDER_BANS))
    // One row of the other client's page is still missing.
    const pages = fresh()
    pages.offer(0, echo("#ban list 1"))
    pages.offer(0, "Total bans: 2 | Page: 1/1")
    pages.offer(0, "- 67ab5fd5-7e35-579a-68d9-b934ff7124f0 | Bob")
    sent("#ban list", pages)
    pages.offer(0, echo("#ban list"))
    assert.isFalse(pages.offer(0, "- 67ab5fd5-7e35-579a-68d9-b934ff7124f0 | Eve"))
    assert.isTrue(pages.offer(0, "Total bans: 2 | Page: 1/1"))
  })

  it("starts its list again with the next heading", () => {
    const first = "Total bans: 2 | Page: 1/1"
    const bob = `- ${UUID} | Bob`
    const eve = `- ${UUID} | Eve`
    const listing = fresh()
    listing.offer(0, echo("#ban list 1"))
    listing.offer(0, first)
    listing.offer(0, bob)
    // The last row is lost, and the server executes the command a second time.
    listing.offer(0, echo("#ban list 1"))
    sent("#ban list 2", listing)
    listing.offer(1, echo("#ban list 2"))
    assert.isFalse(listing.offer(2, first))
    assert.isFalse(listing.offer(2, bob))
    assert.isTrue(listing.offer(3, "Total bans: 50 | Page: 2/2"))
    assert.isFalse(listing.offer(4, eve))
    assert.isTrue(listing.offer(5, eve))
  })

  it("has a limited number of texts", () => {
    let longest = 0
    const exchange = new Exchange(() => ({
      claim: (text, last) => last === undefined && text !== "first" ? "No" : "Surely",
      pending: (texts) => {
        longest = Math.max(longest, texts.length)
        return "Surely"
      },
      late: false,
      query: false
    }))
    exchange.offer(0, echo("#foo"))
    exchange.offer(0, "first")
    for (let index = 0; index < MAX_TEXTS; index++) exchange.offer(0, "next")
    assert.strictEqual(longest, MAX_TEXTS)
  })

  it("has one late echo, which is not an event; its output and further echoes are events", () => {
    const exchange = sent("#foo")
    exchange.end(0, false)
    exchange.announce(0, "#restart")
    exchange.announce(0, "#shutdown")
    exchange.withdraw("#shutdown")
    assert.isTrue(exchange.offer(1, echo("#foo")))
    assert.isFalse(exchange.offer(1, "of #foo"))
    assert.isFalse(exchange.offer(1, echo("#foo")))
    assert.isTrue(exchange.offer(1, echo("#restart")))
    assert.isFalse(exchange.offer(1, echo("#restart")))
    assert.isFalse(exchange.offer(1, echo("#shutdown")))
  })

  it("has a late echo that is not an event if the command has no output, even if other messages are lost", () => {
    const exchange = fresh()
    exchange.announce(0, "#restart")
    exchange.gap()
    sent("#kick 1", exchange).offer(0, echo("#kick 1"))
    assert.isTrue(exchange.offer(1, echo("#restart")))
  })

  it("has no echo if it was not sent", () => {
    const exchange = fresh()
    assert.isFalse(exchange.offer(0, echo("#restart")))
    exchange.announce(0, "#restart")
    exchange.withdraw("#restart")
    assert.isFalse(exchange.offer(1, echo("#restart")))
  })

  it("may have its first output late, while another command waits", () => {
    const exchange = typed("#kick 1")
    exchange.offer(0, echo("#kick 1"))
    exchange.offer(0, echo("#bar"))
    assert.isFalse(exchange.offer(STRAY_QUIET_MILLIS, "of #bar"))
    assert.isTrue(exchange.offer(STRAY_QUIET_MILLIS, "Player 'Bob' kicked!"))
  })

  it("takes one late result of its ban, and leaves the next result to the next ban", () => {
    const exchange = sent("#ban create 1 0")
    exchange.offer(0, echo("#ban create 1 0"))
    exchange.end(5000, false)
    typed("#foo", exchange)
    exchange.offer(5001, echo("#foo"))
    assert.isTrue(exchange.offer(5002, "of #foo"))
    assert.isFalse(exchange.offer(5003, "Player 'Bob' banned!"))
    exchange.end(5500, false)
    sent("#ban create 1 0", exchange)
    exchange.offer(5501, echo("#ban create 1 0"))
    assert.isTrue(exchange.offer(5502, "Player 'Bob' banned!"))
  })

  it("takes the first result if two bans were sent", () => {
    const exchange = sent("#ban create 1 0")
    exchange.end(5000, false)
    sent("#ban create 2 0", exchange)
    assert.isTrue(exchange.offer(5001, echo("#ban create 1 0")))
    assert.isTrue(exchange.offer(5002, echo("#ban create 2 0")))
    assert.isFalse(exchange.offer(5003, "Ban created!"))
    assert.isTrue(exchange.offer(5004, "Ban created!"))
    exchange.end(5005, false)
    sent("#ban create 3 0", exchange)
    exchange.end(6000, false)
    // The result of the third ban can no longer arrive.
    sent("#ban create 4 0", exchange)
    exchange.offer(6000 + STRAY_MILLIS, echo("#ban create 4 0"))
    assert.isTrue(exchange.offer(6000 + STRAY_MILLIS, "Ban created!"))
  })

  it("leaves its late page to a new request for the same page", () => {
    const exchange = sent("#ban list 1")
    exchange.offer(0, echo("#ban list 1"))
    exchange.end(5000, false)
    typed("#foo", exchange)
    exchange.offer(5001, echo("#foo"))
    assert.isFalse(exchange.offer(5002, "Processing ban list"))
    exchange.end(5003, false)
    sent("#ban list 1", exchange)
    exchange.offer(5004, echo("#ban list 1"))
    assert.isTrue(exchange.offer(5005, "Server has no bans to list."))
  })

  it("is forgotten if too many newer ones are remembered", () => {
    const exchange = fresh()
    for (let index = 0; index <= MAX_STRAYS; index++) exchange.announce(450, `#restart ${index}`)
    const taken = Array.from(
      { length: MAX_STRAYS + 1 },
      (_, index) => exchange.offer(451, echo(`#restart ${MAX_STRAYS - index}`))
    )
    assert.deepStrictEqual(taken, [...Array.from({ length: MAX_STRAYS }, () => true), false])
  })
})
