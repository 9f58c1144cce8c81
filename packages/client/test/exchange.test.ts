import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import {
  Exchange,
  MAX_STRAYS,
  MAX_TEXTS,
  type Outcome,
  STRAY_MILLIS,
  STRAY_QUIET_MILLIS
} from "../src/internal/reforger/exchange.ts"
import { expectationOf, looseExpectationOf } from "../src/internal/reforger/replies.ts"

const WINDOW = { first: 1200, quiet: 450, longest: 5000 }
const HEADING = "Players on server: [Player#] ; [Player UID] ; [Player Name]"
const ROW = (name: string) => `1 ; b6955d91-4749-4cdb-9a51-e69f630ec435 ; ${name}`

const echo = (command: string) => `Processing Command: ${command}`

const fresh = () => new Exchange(expectationOf)

/** A command that the server has acknowledged at 0. */
const sent = (command: string, exchange = fresh(), expectation = expectationOf(command)) => {
  exchange.begin(command, expectation, WINDOW, Infinity)
  exchange.acknowledged(0)
  return exchange
}

const typed = (command: string, exchange = fresh()) => sent(command, exchange, looseExpectationOf(command))

const complete = (...texts: ReadonlyArray<string>): Outcome => ({ _tag: "Complete", texts, repeated: false })
const again = (...texts: ReadonlyArray<string>): Outcome => ({ _tag: "Complete", texts, repeated: true })
const INCOMPLETE: Outcome = { _tag: "Incomplete" }

describe("Exchange", () => {
  it("is complete with the text that ends the reply", () => {
    const exchange = sent("#kick 3")
    assert.isUndefined(exchange.outcome(1))
    assert.isTrue(exchange.offer(1, echo("#kick 3")))
    assert.isFalse(exchange.offer(2, "Server is on fire"))
    assert.isUndefined(exchange.outcome(2))
    assert.isTrue(exchange.offer(3, "Player 'Bob' kicked!"))
    assert.deepStrictEqual(exchange.outcome(3), complete("Player 'Bob' kicked!"))
    assert.isFalse(exchange.offer(4, "Player 'Eve' kicked!"))
  })

  it("takes an echo followed by NUL, blanks and line ends", () => {
    for (const end of ["\0", "\n", "\r\n", " \0"]) {
      const exchange = sent("#players ")
      assert.isTrue(exchange.offer(0, echo("#players") + end))
      assert.isTrue(exchange.offer(0, HEADING + end))
      assert.deepStrictEqual(exchange.outcome(450), complete(HEADING + end))
    }
  })

  it("is complete without the acknowledgement if the reply is", () => {
    const exchange = fresh()
    exchange.begin("#kick 3", expectationOf("#kick 3"), WINDOW, Infinity)
    assert.strictEqual(exchange.wakeAt, Infinity)
    exchange.offer(1, echo("#kick 3"))
    assert.strictEqual(exchange.wakeAt, 5001)
    exchange.offer(1, "Player 'Bob' kicked!")
    assert.deepStrictEqual(exchange.outcome(1), complete("Player 'Bob' kicked!"))
  })

  it("is complete after the quiet time", () => {
    const exchange = typed("#foo")
    assert.isFalse(exchange.offer(1, "early"))
    exchange.offer(10, echo("#foo"))
    assert.strictEqual(exchange.wakeAt, 1210)
    assert.isTrue(exchange.offer(1000, "a"))
    assert.isFalse(exchange.offer(1001, "(Side) Bob: hello"))
    assert.isTrue(exchange.offer(1400, "b"))
    assert.strictEqual(exchange.wakeAt, 1850)
    assert.isUndefined(exchange.outcome(1849))
    assert.deepStrictEqual(exchange.outcome(1850), complete("a", "b"))
  })

  it("is complete without a text if none arrives in time", () => {
    const exchange = typed("#foo")
    exchange.offer(10, echo("#foo"))
    assert.deepStrictEqual(exchange.outcome(1210), complete())
  })

  it("is incomplete at the end of its window, or at its deadline", () => {
    for (const command of ["#players", "#kick 1", "#ban create 1 0", "#foo"]) {
      const exchange = typed(command)
      assert.isUndefined(exchange.outcome(4999), command)
      assert.deepStrictEqual(exchange.outcome(5000), INCOMPLETE, command)
    }
    const exchange = fresh()
    exchange.begin("#kick 1", expectationOf("#kick 1"), WINDOW, 1000)
    assert.isUndefined(exchange.outcome(2000))
    exchange.acknowledged(500)
    assert.deepStrictEqual(exchange.outcome(1000), INCOMPLETE)
  })

  it("waits for the rest of a list that may have been cut", () => {
    const exchange = sent("#players")
    exchange.offer(0, echo("#players"))
    exchange.offer(0, `${HEADING}\n${ROW("x".repeat(900))}`)
    assert.strictEqual(exchange.wakeAt, 5000)
    assert.isTrue(exchange.offer(2000, "xy"))
    assert.strictEqual(exchange.wakeAt, 2450)
    assert.isFalse(exchange.offer(2001, "Server is on fire"))
    // Perhaps there was no rest.
    const whole = sent("#players")
    whole.offer(0, echo("#players"))
    whole.offer(0, `${HEADING}\n${ROW("x".repeat(900))}`)
    assert.strictEqual(whole.outcome(5000)?._tag, "Complete")
  })

  it("is incomplete if a message of the reply is missing", () => {
    const list = sent("#players")
    list.offer(0, echo("#players"))
    list.offer(0, `${HEADING}\n${ROW("x".repeat(900))}`)
    list.gap()
    list.offer(1, ROW("b"))
    assert.deepStrictEqual(list.outcome(451), INCOMPLETE)
    const silent = typed("#foo")
    silent.offer(0, echo("#foo"))
    silent.gap()
    assert.deepStrictEqual(silent.outcome(1200), INCOMPLETE)
    // A complete reply cannot be affected.
    const kick = sent("#kick 1")
    kick.offer(0, echo("#kick 1"))
    kick.gap()
    kick.offer(1, "Player 'Bob' kicked!")
    assert.deepStrictEqual(kick.outcome(1), complete("Player 'Bob' kicked!"))
  })

  it("needs no echo for a text that no other command has, if the echo is lost", () => {
    const list = sent("#players")
    assert.isFalse(list.offer(1, HEADING))
    list.gap()
    assert.isFalse(list.offer(1, "Server is on fire"))
    assert.isTrue(list.offer(2, HEADING))
    assert.deepStrictEqual(list.outcome(452), again(HEADING))
    const kick = sent("#kick 1")
    kick.gap()
    assert.isFalse(kick.offer(1, "Player not found"))
    const raw = typed("#foo")
    raw.gap()
    assert.isFalse(raw.offer(1, "words"))
    assert.deepStrictEqual(raw.outcome(5000), INCOMPLETE)
  })

  it("takes one reply if the server executes the command twice", () => {
    const exchange = sent("#players")
    exchange.offer(0, echo("#players"))
    exchange.offer(0, HEADING)
    assert.isTrue(exchange.offer(1, echo("#players")))
    assert.deepStrictEqual(exchange.outcome(1), complete(HEADING))
    assert.isFalse(exchange.offer(1, HEADING))
    const cut = sent("#players")
    cut.offer(0, echo("#players"))
    cut.offer(0, `${HEADING}\n${ROW("x".repeat(900))}`)
    cut.gap()
    cut.offer(1, echo("#players"))
    cut.offer(1, HEADING)
    assert.deepStrictEqual(cut.outcome(451), again(HEADING))
  })

  it("marks a reply that may be from a second execution", () => {
    const kick = sent("#kick 1")
    kick.offer(0, echo("#kick 1"))
    kick.offer(0, echo("#kick 1"))
    kick.offer(0, "Player not found")
    assert.deepStrictEqual(kick.outcome(0), again("Player not found"))
    const first = sent("#kick 1")
    first.offer(0, echo("#kick 1"))
    first.offer(0, "Player not found")
    first.offer(0, echo("#kick 1"))
    first.offer(0, "Player not found")
    assert.deepStrictEqual(first.outcome(0), complete("Player not found"))
    const lost = sent("#kick 1")
    lost.gap()
    lost.offer(0, echo("#kick 1"))
    lost.offer(0, "Player not found")
    assert.deepStrictEqual(lost.outcome(0), again("Player not found"))
  })

  it("assigns the replies to all executions of a ban to that ban", () => {
    const exchange = sent("#ban create 1 0")
    for (let run = 0; run < 3; run++) exchange.offer(0, echo("#ban create 1 0"))
    exchange.offer(0, "Ban created!")
    assert.strictEqual(exchange.outcome(0)?._tag, "Complete")
    exchange.end(0, false)
    sent("#ban create 2 0", exchange)
    exchange.offer(1, echo("#ban create 2 0"))
    assert.isFalse(exchange.offer(1, "Ban created!"))
    assert.isFalse(exchange.offer(1, "Ban created!"))
    assert.isTrue(exchange.offer(1, "Ban created!"))
  })

  it("does not take the replies to other commands", () => {
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

  it("assigns a text of unknown form to a command of another client that replies at once", () => {
    const foo = () => {
      const exchange = typed("#foo")
      exchange.offer(0, echo("#foo"))
      return exchange
    }
    const unread = foo()
    unread.offer(1, echo("#players"))
    assert.isFalse(unread.offer(2, "Spieler: keine"))
    assert.deepStrictEqual(unread.outcome(1201), INCOMPLETE)
    // The reply to the other command has arrived.
    const known = foo()
    known.offer(1, echo("#players"))
    assert.isFalse(known.offer(2, HEADING))
    assert.isTrue(known.offer(3, "of #foo"))
    // The other command has no reply, or replies with other texts.
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

  it("takes no text before its echo", () => {
    const exchange = typed("#foo")
    exchange.offer(0, echo("#bar"))
    assert.isFalse(exchange.offer(0, "of #bar"))
    exchange.offer(1, echo("#foo"))
    assert.isTrue(exchange.offer(1, "of #foo"))
  })

  describe("with a text of unknown form", () => {
    const UNREAD = "Spieler: keine"

    it("takes it for the reply to a query if nothing follows in the quiet time", () => {
      const exchange = sent("#players")
      exchange.offer(10, echo("#players"))
      // It is also an event, because it may be just that.
      assert.isFalse(exchange.offer(20, UNREAD))
      assert.strictEqual(exchange.wakeAt, 470)
      assert.isFalse(exchange.offer(100, "(Side) Bob: hello"))
      assert.isFalse(exchange.offer(100, "more"))
      assert.isUndefined(exchange.outcome(549))
      assert.deepStrictEqual(exchange.outcome(550), complete(UNREAD, "more"))
    })

    it("takes the known reply instead if that arrives", () => {
      const exchange = sent("#players")
      exchange.offer(0, echo("#players"))
      exchange.offer(0, UNREAD)
      assert.isTrue(exchange.offer(400, HEADING))
      assert.isFalse(exchange.offer(401, UNREAD))
      assert.deepStrictEqual(exchange.outcome(850), complete(HEADING))
    })

    it("waits longer for a reply that may be late", () => {
      const exchange = sent("#ban list 1")
      exchange.offer(0, echo("#ban list 1"))
      assert.isTrue(exchange.offer(0, "Processing ban list"))
      exchange.offer(10, UNREAD)
      assert.strictEqual(exchange.wakeAt, 1210)
      assert.deepStrictEqual(exchange.outcome(1210), complete("Processing ban list", UNREAD))
      exchange.end(1210, false)
      // The late reply belongs to no other command, and does not prevent the next query from taking such a text.
      typed("#foo", exchange)
      exchange.offer(1300, echo("#foo"))
      assert.isFalse(exchange.offer(1301, "Server has no bans to list."))
      exchange.end(1302, true)
      sent("#players", exchange)
      exchange.offer(1400, echo("#players"))
      exchange.offer(1400, UNREAD)
      assert.deepStrictEqual(exchange.outcome(1850), complete(UNREAD))
    })

    it("waits to the end for an action", () => {
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

    it("does not take it before the echo, or if a message is missing", () => {
      const early = sent("#players")
      early.offer(0, UNREAD)
      early.offer(1, echo("#players"))
      assert.deepStrictEqual(early.outcome(5000), INCOMPLETE)
      // The first message of the list may be missing.
      for (const gapFirst of [true, false]) {
        const torn = sent("#players")
        torn.offer(0, echo("#players"))
        if (gapFirst) torn.gap()
        torn.offer(0, ROW("Bob"))
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

    it("does not take it if it can belong to another command", () => {
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
      // Both can have the text, and the other command has taken it.
      const disputed = sent("#ban list 1")
      disputed.offer(0, echo("#ban list 1"))
      disputed.offer(1, echo("#kick 9"))
      disputed.offer(2, "unknown command")
      disputed.offer(3, UNREAD)
      assert.deepStrictEqual(disputed.outcome(5000), INCOMPLETE)
    })

    it("takes it although the echo of an earlier command has not arrived", () => {
      const exchange = sent("#kick 1")
      exchange.end(5000, false)
      exchange.announce(5000, "#restart")
      sent("#players", exchange)
      exchange.offer(5001, echo("#players"))
      exchange.offer(5001, UNREAD)
      assert.deepStrictEqual(exchange.outcome(5451), complete(UNREAD))
      exchange.end(5451, false)
      // The result of a ban may arrive, and its echo may be among the missing messages.
      sent("#ban create 1 0", exchange)
      exchange.end(5500, false)
      sent("#players", exchange)
      exchange.offer(5501, echo("#players"))
      exchange.offer(5501, UNREAD)
      assert.deepStrictEqual(exchange.outcome(5501), INCOMPLETE)
    })

    it("returns it for a query that a person typed, after the quiet time", () => {
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

    it("keeps a limited number of texts", () => {
      const exchange = sent("#players")
      exchange.offer(0, echo("#players"))
      for (let index = 0; index <= MAX_TEXTS; index++) exchange.offer(0, `${index}`)
      const outcome = exchange.outcome(450)
      assert.strictEqual(outcome?._tag === "Complete" && outcome.texts.length, MAX_TEXTS)
    })
  })

  it("assigns the rows of a list of players to it, although another client lists the bans", () => {
    const exchange = sent("#ban list 1")
    exchange.offer(0, echo("#ban list 1"))
    exchange.end(0, false)
    const players = sent("#players", exchange)
    players.offer(1, "Total bans: 30 | Page: 1/2")
    players.offer(2, echo("#players"))
    assert.isTrue(players.offer(3, HEADING))
    assert.isTrue(players.offer(4, ROW("Bob")))
    assert.isFalse(players.offer(5, "- b6955d91-4749-4cdb-9a51-e69f630ec435 | Eve"))
    assert.deepStrictEqual(players.outcome(454), complete(HEADING, ROW("Bob")))
  })

  it("assigns a list of bans to another client until it is complete", () => {
    const older = "Bans: [BanID] ; [Player UID] ; [Duration]"
    const row = "2 ; b6955d91-4749-4cdb-9a51-e69f630ec435 ; 3600"
    for (const [delay, own] of [[STRAY_QUIET_MILLIS - 1, false], [STRAY_QUIET_MILLIS, true]] as const) {
      const exchange = fresh()
      exchange.offer(0, echo("#ban list"))
      exchange.offer(1000, older)
      exchange.offer(2000, row)
      sent("#ban list 1", exchange)
      exchange.offer(2000, echo("#ban list 1"))
      assert.strictEqual(exchange.offer(2000 + delay, older), own)
      assert.strictEqual(exchange.offer(2000 + delay, row), own)
    }
    // The list has not begun, or only its notice has arrived.
    for (const texts of [[], ["Processing ban list"]]) {
      const exchange = fresh()
      exchange.offer(0, echo("#ban list"))
      for (const text of texts) exchange.offer(0, text)
      sent("#ban list 1", exchange)
      exchange.offer(0, echo("#ban list 1"))
      assert.isFalse(exchange.offer(STRAY_QUIET_MILLIS, older))
    }
    // The server executes it twice.
    const twice = sent("#ban list")
    twice.offer(0, echo("#ban list"))
    twice.offer(0, echo("#ban list"))
    twice.end(0, false)
    sent("#ban list 1", twice)
    twice.offer(0, echo("#ban list 1"))
    assert.isFalse(twice.offer(0, older))
    assert.isFalse(twice.offer(STRAY_QUIET_MILLIS, older))
    // The first page of this list has one more row.
    const pages = fresh()
    pages.offer(0, echo("#ban list 1"))
    pages.offer(0, "Total bans: 2 | Page: 1/1")
    pages.offer(0, "- b6955d91-4749-4cdb-9a51-e69f630ec435 | Bob")
    sent("#ban list", pages)
    pages.offer(0, echo("#ban list"))
    assert.isFalse(pages.offer(0, "- b6955d91-4749-4cdb-9a51-e69f630ec435 | Eve"))
    assert.isTrue(pages.offer(0, "Total bans: 2 | Page: 1/1"))
  })

  it("takes late echoes of its own commands, but no other texts of these", () => {
    const exchange = sent("#foo")
    exchange.end(0, false)
    exchange.announce(0, "#restart")
    exchange.announce(0, "#shutdown")
    exchange.withdraw("#shutdown")
    assert.isTrue(exchange.offer(1, echo("#foo")))
    assert.isFalse(exchange.offer(1, "of #foo"))
    assert.isTrue(exchange.offer(1, echo("#restart")))
    assert.isFalse(exchange.offer(1, echo("#restart")))
    assert.isFalse(exchange.offer(1, echo("#shutdown")))
  })

  it("does not take the late result of an earlier ban", () => {
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

  it("assigns the first result to the first of two bans", () => {
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
    // A result that has not arrived by now will not arrive.
    sent("#ban create 4 0", exchange)
    exchange.offer(6000 + STRAY_MILLIS, echo("#ban create 4 0"))
    assert.isTrue(exchange.offer(6000 + STRAY_MILLIS, "Ban created!"))
  })

  it("takes the late page of a list when it is requested again", () => {
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

  it("keeps a limited number of texts and commands", () => {
    const exchange = typed("#foo")
    exchange.offer(0, echo("#foo"))
    for (let index = 0; index < MAX_TEXTS; index++) assert.isTrue(exchange.offer(0, `${index}`))
    assert.isFalse(exchange.offer(0, "one more"))
    assert.deepStrictEqual(exchange.outcome(450), INCOMPLETE)
    exchange.end(450, true)
    for (let index = 0; index <= MAX_STRAYS; index++) exchange.announce(450, `#restart ${index}`)
    const taken = Array.from(
      { length: MAX_STRAYS + 1 },
      (_, index) => exchange.offer(451, echo(`#restart ${MAX_STRAYS - index}`))
    )
    assert.deepStrictEqual(taken, [...Array.from({ length: MAX_STRAYS }, () => true), false])
  })

  const step = Arbitrary.all({
    who: Arbitrary.schema(Schema.Literals(["us", "us", "others"])),
    what: Arbitrary.schema(Schema.Literals(["#foo", "#players", "#ban list", "#kick", "#ban create", "#ban remove"])),
    // Whether the reply has an unknown form.
    unread: Arbitrary.schema(Schema.Boolean),
    raw: Arbitrary.schema(Schema.Boolean),
    // The time that the server's list of bans takes.
    late: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12_000 }))),
    lost: Arbitrary.schema(Schema.Literals(["nothing", "nothing", "echo", "text"])),
    // The time before the next step.
    patience: Arbitrary.schema(Schema.Literals([0, 100, 1000, 6000]))
  })

  it.prop(
    "never gives a command a text of another command",
    { steps: Arbitrary.array(step, { maxLength: 12 }) },
    ({ steps }) => {
      const exchange = fresh()
      const deferred: Array<{ at: number; text: string }> = []
      let now = 0
      let out: string | undefined
      const check = () => {
        const outcome = exchange.outcome(now)
        if (outcome?._tag === "Complete" && out !== undefined) {
          for (const text of outcome.texts) assert.include(text, `<${out}>`)
        }
        return outcome !== undefined
      }
      const until = (end: number) => {
        for (; now < end; now += 50) {
          for (const item of deferred.splice(0)) {
            if (item.at <= now) exchange.offer(now, item.text)
            else deferred.push(item)
          }
          if (out !== undefined && check()) {
            exchange.end(now, false)
            out = undefined
          }
        }
      }
      steps.forEach(({ late, lost, patience, raw, unread, what, who }, index) => {
        const id = `${index}`
        const command = `${what} ${id}`
        if (who === "us") {
          if (out !== undefined) exchange.end(now, false)
          out = id
          const expectation = raw ? looseExpectationOf(command) : expectationOf(command)
          exchange.begin(command, expectation, WINDOW, Infinity)
          exchange.acknowledged(now)
        }
        const say = (part: "echo" | "text", text: string) => {
          if (who === "us" && lost === part) exchange.gap()
          else exchange.offer(now, text)
        }
        say("echo", echo(command))
        switch (what) {
          case "#foo":
            say("text", `of <${id}>`)
            break
          case "#players":
            say("text", unread ? `unread <${id}>` : `${HEADING}\n${ROW(`<${id}>`)}`)
            break
          case "#ban list":
            // A late reply is recognised only by its own words, so the reply of another client contains them.
            say("text", unread && who === "us" ? `unread <${id}>` : `Bans: [BanID] ; [Player UID] ; [Duration] <${id}>`)
            break
          case "#kick":
            say("text", `Player '<${id}>' kicked!`)
            break
          // In the order of the commands, because otherwise no client could assign them.
          case "#ban create":
            deferred.push({
              at: Math.max(now + late, ...deferred.map(({ at }) => at)),
              text: `Player '<${id}>' banned!`
            })
            break
          case "#ban remove":
            deferred.push({
              at: Math.max(now + late, ...deferred.map(({ at }) => at)),
              text: `Failed to remove <${id}>`
            })
            break
        }
        until(now + patience)
      })
      until(now + 30_000)
      assert.isUndefined(out)
    },
    { arbitrary: { runs: 2000 } }
  )
})
