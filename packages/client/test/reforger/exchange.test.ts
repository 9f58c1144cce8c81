import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { MAX_TEXTS } from "../../src/internal/reforger/expectation.ts"
import { expectationOf, looseExpectationOf } from "../../src/internal/reforger/expectationOf.ts"
import { again, complete, fresh, INCOMPLETE, sent, typed, WINDOW } from "./conversation.ts"
import { echo, PLAYERS, row } from "./texts.ts"

describe("Exchange", () => {
  it("is complete with the text that ends the output", () => {
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
            say("text", unread ? `unread <${id}>` : `${PLAYERS}\n${row(1, `<${id}>`)}`)
            break
          case "#ban list":
            // A late list of bans is recognised only by its heading. So the lists of other clients always have it.
            say("text", unread && who === "us" ? `unread <${id}>` : `Bans: [BanID] ; [Player UID] ; [Duration] <${id}>`)
            break
          case "#kick":
            say("text", `Player '<${id}>' kicked!`)
            break
          // The results come in the order of the commands. In another order, no client could match them to commands.
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
