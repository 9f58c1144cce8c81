import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { MAX_TEXTS } from "../../src/internal/reforger/expectation.ts"
import { expectationOf, looseExpectationOf } from "../../src/internal/reforger/expectationOf.ts"
import { again, complete, fresh, INCOMPLETE, sent, typed, WINDOW } from "./conversation.ts"
import { echo, OLDER_BANS, PLAYERS, row } from "./texts.ts"

describe("Exchange", () => {
  it("takes nothing if no command is in progress", () => {
    const exchange = fresh()
    const check = () => {
      exchange.acknowledged(0)
      exchange.gap()
      exchange.restart()
      exchange.end(0, false)
      for (const text of [echo("#kick 3"), "Player 'Bob' kicked!", "Server is on fire"]) {
        assert.isFalse(exchange.offer(0, text))
      }
      assert.deepStrictEqual([exchange.taken, exchange.wakeAt, exchange.outcome(0)], [false, Infinity, undefined])
    }
    check()
    sent("#kick 3", exchange).end(0, true)
    check()
  })

  it("knows that the server has received the command from its acknowledgement, its echo, or its output", () => {
    const exchange = fresh()
    const begin = (command: string) => exchange.begin(command, expectationOf(command), WINDOW, Infinity)
    begin("#kick 1")
    assert.isFalse(exchange.taken)
    exchange.acknowledged(1)
    exchange.acknowledged(2)
    assert.deepStrictEqual([exchange.taken, exchange.wakeAt], [true, 5001])
    begin("#kick 2")
    exchange.offer(3, echo("#kick 2"))
    assert.deepStrictEqual([exchange.taken, exchange.wakeAt], [true, 5003])
    begin("#players")
    exchange.gap()
    assert.deepStrictEqual([exchange.taken, exchange.wakeAt], [false, Infinity])
    exchange.offer(4, `${PLAYERS}\n${row(1, "x".repeat(900))}`)
    assert.deepStrictEqual([exchange.taken, exchange.wakeAt], [true, 5004])
  })

  it("is complete with the text that ends the output", () => {
    const exchange = sent("#kick 3")
    assert.isUndefined(exchange.outcome(1))
    assert.isTrue(exchange.offer(1, echo("#kick 3")))
    assert.isFalse(exchange.offer(2, "Server is on fire"))
    assert.isUndefined(exchange.outcome(2))
    assert.isTrue(exchange.offer(3, "Player 'Bob' kicked!"))
    assert.strictEqual(exchange.wakeAt, -Infinity)
    assert.deepStrictEqual(exchange.outcome(3), complete("Player 'Bob' kicked!"))
    assert.isFalse(exchange.offer(4, "Player 'Eve' kicked!"))
  })

  it("takes an echo followed by NUL, blanks and line ends", () => {
    for (const end of ["\0", "\n", "\r\n", " \0"]) {
      const exchange = sent("#players ")
      assert.isTrue(exchange.offer(0, echo("#players") + end))
      assert.isTrue(exchange.offer(0, PLAYERS + end))
      assert.deepStrictEqual(exchange.outcome(450), complete(PLAYERS + end))
    }
  })

  it("is complete without the acknowledgement if the output is complete", () => {
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
    exchange.offer(0, `${PLAYERS}\n${row(1, "x".repeat(900))}`)
    assert.strictEqual(exchange.wakeAt, 5000)
    assert.isTrue(exchange.offer(2000, "xy"))
    assert.strictEqual(exchange.wakeAt, 2450)
    assert.isFalse(exchange.offer(2001, "Server is on fire"))
    // If no rest arrives, the list was not cut.
    const whole = sent("#players")
    whole.offer(0, echo("#players"))
    whole.offer(0, `${PLAYERS}\n${row(1, "x".repeat(900))}`)
    assert.strictEqual(whole.outcome(5000)?._tag, "Complete")
  })

  it("is incomplete if a message of the output is missing", () => {
    const list = sent("#players")
    list.offer(0, echo("#players"))
    list.offer(0, `${PLAYERS}\n${row(1, "x".repeat(900))}`)
    list.gap()
    list.offer(1, row(1, "b"))
    assert.deepStrictEqual(list.outcome(451), INCOMPLETE)
    const silent = typed("#foo")
    silent.offer(0, echo("#foo"))
    silent.gap()
    assert.deepStrictEqual(silent.outcome(1200), INCOMPLETE)
    // The first message may be missing.
    for (const command of ["#foo", "#players"]) {
      const headless = typed(command)
      headless.offer(0, echo(command))
      headless.gap()
      headless.offer(1, row(1, "Bob"))
      assert.deepStrictEqual(headless.outcome(451), INCOMPLETE, command)
    }
    // The number of bans in the heading proves that no row is missing.
    const page = sent("#ban list 1")
    const rows = ["Total bans: 1 | Page: 1/1", "- 67ab5fd5-7e35-579a-68d9-b934ff7124f0 | Bob"]
    page.offer(0, echo("#ban list 1"))
    page.offer(1, rows[0]!)
    page.gap()
    page.offer(1, rows[1]!)
    assert.deepStrictEqual(page.outcome(1), complete(...rows))
    // The missing message came before the list.
    const before = sent("#players")
    before.offer(0, echo("#players"))
    before.gap()
    before.offer(1, PLAYERS)
    assert.deepStrictEqual(before.outcome(451), complete(PLAYERS))
    // The output of a kick is one message, so nothing of it is missing.
    const kick = sent("#kick 1")
    kick.offer(0, echo("#kick 1"))
    kick.gap()
    kick.offer(1, "Player 'Bob' kicked!")
    assert.deepStrictEqual(kick.outcome(1), complete("Player 'Bob' kicked!"))
  })

  it("takes a text that is the output of no other command, even if the echo is lost", () => {
    const list = sent("#players")
    assert.isFalse(list.offer(1, PLAYERS))
    list.gap()
    assert.isFalse(list.offer(1, "Server is on fire"))
    assert.isTrue(list.offer(2, PLAYERS))
    assert.deepStrictEqual(list.outcome(452), again(PLAYERS))
    const kick = sent("#kick 1")
    kick.gap()
    assert.isFalse(kick.offer(1, "Player not found"))
    const raw = typed("#foo")
    raw.gap()
    assert.isFalse(raw.offer(1, "words"))
    assert.deepStrictEqual(raw.outcome(5000), INCOMPLETE)
  })

  it("takes one output if the server executes the command twice", () => {
    const exchange = sent("#players")
    exchange.offer(0, echo("#players"))
    exchange.offer(0, PLAYERS)
    assert.isTrue(exchange.offer(1, echo("#players")))
    assert.deepStrictEqual(exchange.outcome(1), complete(PLAYERS))
    assert.isFalse(exchange.offer(1, PLAYERS))
    const cut = sent("#players")
    cut.offer(0, echo("#players"))
    cut.offer(0, `${PLAYERS}\n${row(1, "x".repeat(900))}`)
    cut.gap()
    cut.offer(1, echo("#players"))
    cut.offer(1, PLAYERS)
    assert.deepStrictEqual(cut.outcome(451), again(PLAYERS))
  })

  it("waits for the output if none had arrived when the server executed the command again", () => {
    const raw = typed("#foo")
    raw.offer(0, echo("#foo"))
    raw.offer(1, echo("#foo"))
    assert.isTrue(raw.offer(2, "of #foo"))
    assert.deepStrictEqual(raw.outcome(452), again("of #foo"))
    const bans = sent("#ban list 1")
    bans.offer(0, echo("#ban list 1"))
    bans.offer(0, "Processing ban list")
    bans.offer(1, echo("#ban list 1"))
    assert.isTrue(bans.offer(2, "Server has no bans to list."))
    assert.deepStrictEqual(bans.outcome(2), again("Server has no bans to list."))
  })

  it("waits for no output of the previous session", () => {
    const unheard = fresh()
    unheard.begin("#kick 1", expectationOf("#kick 1"), WINDOW, Infinity)
    unheard.restart()
    // The command is sent again.
    unheard.acknowledged(0)
    assert.strictEqual(unheard.wakeAt, 5000)
    assert.isFalse(unheard.offer(1, "Player 'Eve' kicked!"))
    unheard.offer(2, echo("#kick 1"))
    assert.isTrue(unheard.offer(2, "Player not found"))
    // The previous session may have executed it.
    assert.deepStrictEqual(unheard.outcome(2), again("Player not found"))
    const received = sent("#kick 1")
    received.restart()
    assert.deepStrictEqual([received.wakeAt, received.outcome(0)], [-Infinity, INCOMPLETE])
    const begun = typed("#foo")
    begun.offer(0, echo("#foo"))
    begun.offer(0, "of #foo")
    begun.restart()
    assert.deepStrictEqual([begun.wakeAt, begun.outcome(0)], [-Infinity, INCOMPLETE])
    const done = sent("#kick 1")
    done.offer(0, echo("#kick 1"))
    done.offer(0, "Player not found")
    done.restart()
    assert.deepStrictEqual(done.outcome(0), complete("Player not found"))
  })

  it("marks output that may be from a second execution", () => {
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

  it("keeps a limited number of texts", () => {
    const exchange = typed("#foo")
    exchange.offer(0, echo("#foo"))
    for (let index = 0; index < MAX_TEXTS; index++) assert.isTrue(exchange.offer(0, `${index}`))
    assert.isFalse(exchange.offer(0, "one more"))
    assert.deepStrictEqual(exchange.outcome(450), INCOMPLETE)
  })

  const step = Arbitrary.all({
    who: Arbitrary.schema(Schema.Literals(["us", "us", "others"])),
    what: Arbitrary.schema(Schema.Literals(["#foo", "#players", "#ban list", "#kick", "#ban create", "#ban remove"])),
    // Whether the output has an unknown form.
    unread: Arbitrary.schema(Schema.Boolean),
    // Whether a person typed the command, so that any text can be its output.
    raw: Arbitrary.schema(Schema.Boolean),
    // How long the service that keeps the bans takes to reply.
    late: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12_000 }))),
    lost: Arbitrary.schema(Schema.Literals(["nothing", "nothing", "echo", "text", "event before", "event between"])),
    // Whether the server executes the command twice.
    twice: Arbitrary.schema(Schema.Literals([false, false, true])),
    // The time before the next step.
    patience: Arbitrary.schema(Schema.Literals([0, 100, 1000, 6000]))
  })

  it.prop(
    "gives each command its output if no message is lost and no other client sends commands",
    { steps: Arbitrary.array(step, { maxLength: 6 }) },
    ({ steps }) => {
      const exchange = fresh()
      let now = 0
      steps.forEach(({ late, raw, what }, index) => {
        const command = `${what} ${index}`
        const text = {
          "#foo": `of <${index}>`,
          "#players": PLAYERS,
          "#ban list": OLDER_BANS,
          "#kick": "Player not found",
          "#ban create": "Ban created!",
          "#ban remove": "Ban removed!"
        }[what]
        exchange.begin(command, raw ? looseExpectationOf(command) : expectationOf(command), WINDOW, Infinity)
        assert.isFalse(exchange.offer(now, "(Side) Bob: hello"))
        assert.isTrue(exchange.offer(now, echo(command)))
        if (command.startsWith("#ban")) now += late % WINDOW.longest
        assert.isUndefined(exchange.outcome(now))
        assert.isTrue(exchange.offer(now, text))
        assert.isFalse(exchange.offer(now, "(Side) Bob: hello"))
        now = Math.max(now, exchange.wakeAt)
        assert.deepStrictEqual(exchange.outcome(now), complete(text))
        exchange.end(now, false)
      })
    }
  )

  it.prop(
    "never gives a command a text of another command",
    {
      steps: Arbitrary.array(step, { maxLength: 12 }),
      // The time that a message takes. Meanwhile a command may be given up, and the next one sent.
      latency: Arbitrary.schema(Schema.Literals([0, 0, 150]))
    },
    ({ latency, steps }) => {
      const exchange = fresh()
      let messages: Array<{ readonly at: number; readonly text: string | undefined }> = []
      let now = 0
      let out: string | undefined
      let served = 0
      const receive = () => {
        const due = messages.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at)
        messages = messages.filter(({ at }) => at > now)
        for (const { text } of due) {
          if (text === undefined) exchange.gap()
          else exchange.offer(now, text)
        }
        const outcome = exchange.outcome(now)
        if (outcome === undefined) return
        if (outcome._tag === "Complete") { for (const text of outcome.texts) assert.include(text, `<${out}>`) }
        exchange.end(now, false)
        out = undefined
      }
      const until = (end: number) => {
        for (receive(); now < end; receive()) {
          now = Math.min(end, exchange.wakeAt, ...messages.map(({ at }) => at))
        }
      }
      steps.forEach(({ late, lost, patience, raw, twice, unread, what, who }, index) => {
        const id = `${index}`
        const command = `${what} ${id}`
        if (who === "us") {
          if (out !== undefined) exchange.end(now, false)
          out = id
          const expectation = raw ? looseExpectationOf(command) : expectationOf(command)
          exchange.begin(command, expectation, WINDOW, Infinity)
          exchange.acknowledged(now)
        }
        const say = (part: "echo" | "text", text: string, at = now) => {
          messages.push({ at: at + latency, text: who === "us" && lost === part ? undefined : text })
          if (lost === part) lost = "nothing"
        }
        for (let execution = 0; execution <= (who === "us" && twice ? 1 : 0); execution++) {
          if (lost === "event before") messages.push({ at: now + latency, text: undefined })
          say("echo", echo(command))
          if (lost === "event between") messages.push({ at: now + latency, text: undefined })
          switch (what) {
            case "#foo":
              say("text", `of <${id}>`)
              break
            case "#players":
              say("text", unread ? `unread <${id}>` : `${PLAYERS}\n${row(1, `<${id}>`)}`)
              break
            case "#ban list":
              // A late list of bans is recognised only by its heading. So the lists of other clients always have it.
              say("text", unread && who === "us" ? `unread <${id}>` : `${OLDER_BANS} <${id}>`)
              break
            case "#kick":
              say("text", `Player '<${id}>' kicked!`)
              break
            // The results come in the order of the commands. In another order, no client could match them to commands.
            case "#ban create":
            case "#ban remove":
              served = Math.max(now + late, served)
              say("text", what === "#ban create" ? `Player '<${id}>' banned!` : `Failed to remove <${id}>`, served)
          }
        }
        until(now + patience)
      })
      until(now + 30_000)
      assert.isUndefined(out)
    },
    { arbitrary: { runs: 2000 } }
  )
})
