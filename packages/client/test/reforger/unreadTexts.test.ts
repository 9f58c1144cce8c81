import { assert, describe, it } from "@effect/vitest"
import { MAX_TEXTS } from "../../src/internal/reforger/expectation.ts"
import { again, complete, INCOMPLETE, sent, typed } from "./conversation.ts"
import { echo, PLAYERS, row } from "./texts.ts"

describe("a text of unknown form", () => {
  /** A text that is neither an event nor known output. */
  const UNREAD = "Spieler: keine"

  it("is returned for a query if nothing follows in the quiet time", () => {
    const exchange = sent("#players")
    exchange.offer(10, echo("#players"))
    // The text is also an event, because it is perhaps not output of the command.
    assert.isFalse(exchange.offer(20, UNREAD))
    assert.strictEqual(exchange.wakeAt, 470)
    assert.isFalse(exchange.offer(100, "(Side) Bob: hello"))
    assert.isFalse(exchange.offer(100, "more"))
    assert.isUndefined(exchange.outcome(549))
    assert.deepStrictEqual(exchange.outcome(550), complete(UNREAD, "more"))
  })

  it("is discarded if output of a known form follows", () => {
    const exchange = sent("#players")
    exchange.offer(0, echo("#players"))
    exchange.offer(0, UNREAD)
    assert.isTrue(exchange.offer(400, PLAYERS))
    assert.isFalse(exchange.offer(401, UNREAD))
    assert.deepStrictEqual(exchange.outcome(850), complete(PLAYERS))
  })

  it("is returned later if the output of the command may be late", () => {
    const exchange = sent("#ban list 1")
    exchange.offer(0, echo("#ban list 1"))
    assert.isTrue(exchange.offer(0, "Processing ban list"))
    exchange.offer(10, UNREAD)
    assert.strictEqual(exchange.wakeAt, 1210)
    assert.deepStrictEqual(exchange.outcome(1210), complete("Processing ban list", UNREAD))
    exchange.end(1210, false)
    // The late output is left to the first command, and a later query can still return a text of unknown form.
    typed("#foo", exchange)
    exchange.offer(1300, echo("#foo"))
    assert.isFalse(exchange.offer(1301, "Server has no bans to list."))
    exchange.end(1302, true)
    sent("#players", exchange)
    exchange.offer(1400, echo("#players"))
    exchange.offer(1400, UNREAD)
    assert.deepStrictEqual(exchange.outcome(1850), complete(UNREAD))
  })

  it("is not returned if it can be the late output of an earlier command, unless that command has returned such a text", () => {
    const after = (command: string, texts: ReadonlyArray<string>, end: number) => {
      const exchange = sent(command)
      exchange.offer(0, echo(command))
      for (const text of texts) exchange.offer(0, text)
      exchange.end(end, false)
      sent("#players", exchange)
      exchange.offer(end, echo("#players"))
      exchange.offer(end, UNREAD)
      return exchange.outcome(end + 5000)
    }
    assert.deepStrictEqual(after("#ban list 1", [UNREAD], 1200), complete(UNREAD))
    // It was given up before it could return the text.
    assert.deepStrictEqual(after("#ban list 1", [UNREAD], 1199), INCOMPLETE)
    assert.deepStrictEqual(after("#ban list 1", [], 5000), INCOMPLETE)
    // The result of an action may still follow.
    assert.deepStrictEqual(after("#ban create 1 0", [UNREAD], 5000), INCOMPLETE)
    // An event is not output.
    assert.deepStrictEqual(after("#ban list 1", ["(Side) Bob: hello"], 5000), INCOMPLETE)
  })

  it("is returned for an action only at the end of the window", () => {
    for (const command of ["#kick 1", "#ban create 1 0"]) {
      const exchange = sent(command)
      exchange.offer(0, echo(command))
      exchange.offer(10, UNREAD)
      assert.strictEqual(exchange.wakeAt, 5000)
      assert.deepStrictEqual(exchange.outcome(5000), complete(UNREAD))
      exchange.offer(4000, command === "#kick 1" ? "Player 'Bob' kicked!" : "Ban created!")
      assert.strictEqual(exchange.outcome(4000)?._tag, "Complete")
      assert.notInclude(JSON.stringify(exchange.outcome(4000)), UNREAD)
    }
    const ban = sent("#ban create 1 0")
    ban.offer(0, echo("#ban create 1 0"))
    ban.offer(10, UNREAD)
    ban.end(5000, false)
    // The result may still arrive.
    sent("#ban create 2 0", ban)
    ban.offer(5001, echo("#ban create 2 0"))
    assert.isFalse(ban.offer(5002, "Ban created!"))
    assert.isTrue(ban.offer(5003, "Ban created!"))
  })

  it("is not returned if it comes before the echo, or if a message is missing", () => {
    const early = sent("#players")
    early.offer(0, UNREAD)
    early.offer(1, echo("#players"))
    assert.deepStrictEqual(early.outcome(5000), INCOMPLETE)
    // The first message of the list may be missing.
    for (const gapFirst of [true, false]) {
      const torn = sent("#players")
      torn.offer(0, echo("#players"))
      if (gapFirst) torn.gap()
      torn.offer(0, row(1, "Bob"))
      if (!gapFirst) torn.gap()
      assert.strictEqual(torn.wakeAt, 5000)
      assert.deepStrictEqual(torn.outcome(5000), INCOMPLETE)
      // The server executes the command a second time.
      torn.offer(100, echo("#players"))
      torn.offer(101, UNREAD)
      assert.deepStrictEqual(torn.outcome(551), again(UNREAD))
    }
    const lost = sent("#players")
    lost.gap()
    lost.offer(0, UNREAD)
    assert.deepStrictEqual(lost.outcome(5000), INCOMPLETE)
    const restarted = sent("#players")
    restarted.offer(0, echo("#players"))
    restarted.offer(0, UNREAD)
    restarted.restart()
    assert.deepStrictEqual(restarted.outcome(0), INCOMPLETE)
  })

  it("is not returned if it can belong to another command", () => {
    const others = sent("#players")
    others.offer(0, echo("#players"))
    others.offer(1, echo("#bar"))
    others.offer(2, "of #bar")
    assert.deepStrictEqual(others.outcome(5000), INCOMPLETE)
    // A ban of another client, with an unknown result.
    const late = sent("#players")
    late.offer(0, echo("#ban create 9 0"))
    late.offer(1, echo("#players"))
    late.offer(2, "Ban quota exceeded")
    assert.deepStrictEqual(late.outcome(5000), INCOMPLETE)
    // Both commands can have the text `unknown command`, and the other command has taken it.
    const disputed = sent("#ban list 1")
    disputed.offer(0, echo("#ban list 1"))
    disputed.offer(1, echo("#kick 9"))
    disputed.offer(2, "unknown command")
    disputed.offer(3, UNREAD)
    assert.deepStrictEqual(disputed.outcome(5000), INCOMPLETE)
  })

  it("is returned even if the echo of an earlier command has not arrived, unless that command is a ban", () => {
    const exchange = sent("#kick 1")
    exchange.end(5000, false)
    exchange.announce(5000, "#restart")
    sent("#players", exchange)
    exchange.offer(5001, echo("#players"))
    exchange.offer(5001, UNREAD)
    assert.deepStrictEqual(exchange.outcome(5451), complete(UNREAD))
    exchange.end(5451, false)
    // The text may be the result of the ban, whose echo may be lost.
    sent("#ban create 1 0", exchange)
    exchange.end(5500, false)
    sent("#players", exchange)
    exchange.offer(5501, echo("#players"))
    exchange.offer(5501, UNREAD)
    assert.deepStrictEqual(exchange.outcome(5501), INCOMPLETE)
  })

  it("is returned even if commands without output came in between", () => {
    const exchange = sent("#players")
    exchange.announce(0, "#restart")
    exchange.offer(0, echo("#players"))
    // The first echo is of this client's command, the second of another client's.
    assert.isTrue(exchange.offer(0, echo("#restart")))
    assert.isFalse(exchange.offer(0, echo("#restart")))
    exchange.offer(0, UNREAD)
    assert.deepStrictEqual(exchange.outcome(450), complete(UNREAD))
  })

  it("is returned after the quiet time if a person typed a query, and at the end of the window if the person typed an action", () => {
    for (const command of ["#players", "#ban list 1"]) {
      const exchange = typed(command)
      exchange.offer(0, echo(command))
      assert.isTrue(exchange.offer(0, UNREAD))
      assert.deepStrictEqual(exchange.outcome(450), complete(UNREAD))
    }
    const ban = typed("#ban create 1 0")
    ban.offer(0, echo("#ban create 1 0"))
    assert.isTrue(ban.offer(0, UNREAD))
    assert.isUndefined(ban.outcome(4999))
    assert.deepStrictEqual(ban.outcome(5000), complete(UNREAD))
  })

  it("is discarded if the maximum number of such texts is kept already", () => {
    const exchange = sent("#players")
    exchange.offer(0, echo("#players"))
    for (let index = 0; index <= MAX_TEXTS; index++) exchange.offer(0, `${index}`)
    const outcome = exchange.outcome(450)
    assert.strictEqual(outcome?._tag === "Complete" && outcome.texts.length, MAX_TEXTS)
  })
})
