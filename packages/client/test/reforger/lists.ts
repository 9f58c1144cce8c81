/**
 * Lists as servers print them, in any number of messages, and their parsing by the client.
 */
import { Player } from "@bercon/client"
import { assert } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { isPlain } from "../../src/internal/reforger/expectation.ts"
import { join } from "../../src/internal/reforger/messages.ts"
import * as Hostile from "../hostile.ts"
import { sent } from "./conversation.ts"
import { echo, identity } from "./texts.ts"

/** The row of a player. */
export const print = (player: Player.Player) => `${player.id} ; ${player.identity} ; ${player.name}`

/** Players whose names imitate rows. */
export const players: Arbitrary.Arbitrary<ReadonlyArray<Player.Player>> = Arbitrary.array(
  Arbitrary.all({
    id: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
    start: Arbitrary.schema(Schema.Literals(["", "7", " ; ", "1 ; 2", ";"])),
    name: Hostile.name,
    end: Arbitrary.schema(Schema.Literals(["", "7", " ;", " ; ", " 12"]))
  }).pipe(Arbitrary.map(({ end, id, name, start }) =>
    new Player.Player({
      id: id as Player.PlayerId,
      name: start + name + end,
      identity: identity(id),
      verified: false
    })
  )),
  { maxLength: 40 }
)

/**
 * Feeds the echo and these messages to a command in progress. Returns which of them it took, when it wanted to be
 * woken, and its outcome at that time.
 */
export const receive = (command: string, ...texts: ReadonlyArray<string>) => {
  const exchange = sent(command)
  const taken = [echo(command), ...texts].map((text) => exchange.offer(1, text))
  const { wakeAt } = exchange
  return { taken, wakeAt, outcome: exchange.outcome(wakeAt) }
}

/** The known forms of a list, and combinations of them. */
export const style = Arbitrary.all({
  end: Arbitrary.schema(Schema.Literals(["\n", "\r\n"])),
  hash: Arbitrary.schema(Schema.Literals(["", "#"])),
  /** Whether the column titles are on a line of their own. */
  titlesBelow: Arbitrary.schema(Schema.Boolean),
  /** Whether a line of dashes follows the titles. */
  dashes: Arbitrary.schema(Schema.Boolean),
  /** The end of the text: nothing, a line end, or NUL. */
  endAtEnd: Arbitrary.schema(Schema.Literals(["", "end", "end", "NUL"])),
  /** For each line, whether a message ends after it. */
  breaks: Arbitrary.array(Arbitrary.schema(Schema.Boolean), { minLength: 50, maxLength: 50 }),
  /**
   * The place of the line end between two messages: at the end of the first, split, at the start of the second, or
   * nowhere.
   */
  lineEnd: Arbitrary.schema(Schema.Literals(["first", "split", "second", "nowhere"])),
  /** The lengths of messages that are cut by length, in UTF-16 code units above 900. */
  cuts: Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 124 }))), {
    minLength: 20,
    maxLength: 20
  }),
  /** Whether messages are cut by length, not between lines. */
  byLength: Arbitrary.schema(Schema.Boolean)
})

export type Style = typeof style extends Arbitrary.Arbitrary<infer A> ? A : never

/** The messages of a list. */
export const printed = (
  title: string,
  columns: string,
  rows: ReadonlyArray<string>,
  style: Style
): ReadonlyArray<string> => {
  const { breaks, byLength, cuts, dashes, end, endAtEnd, lineEnd, titlesBelow } = style
  const lines = [
    ...(titlesBelow ? [title, columns] : [`${title} ${columns}`]),
    ...(dashes ? ["-".repeat(42)] : []),
    ...rows
  ]
  const tail = endAtEnd === "" ? "" : endAtEnd === "end" ? end : "\0"
  if (!byLength) {
    const messages = [""]
    lines.forEach((line, index) => {
      const last = index === lines.length - 1
      const cut = !last && breaks[index] === true
      const kept = last ? tail : !cut || lineEnd === "first" ? end : lineEnd === "split" ? end.slice(0, -1) : ""
      messages.push(`${messages.pop() ?? ""}${line}${kept}`)
      if (cut) messages.push(lineEnd === "second" ? end : lineEnd === "split" ? end.slice(-1) : "")
    })
    return messages
  }
  const messages: Array<string> = []
  let text = lines.join(end) + tail
  for (const cut of cuts) {
    if (text.length <= 1024) break
    messages.push(text.slice(0, 900 + cut))
    text = text.slice(900 + cut)
  }
  return [...messages, text]
}

/**
 * Feeds the messages of a list to its command, and returns the joined output. Returns `undefined` if the last message
 * looks like an event: then it is not part of the output.
 */
export const replyTo = (command: string, texts: ReadonlyArray<string>): string | undefined => {
  const { outcome } = receive(command, ...texts)
  const last = texts.at(-1) ?? ""
  // The rest of a name can look like an event.
  if (texts.length > 1 && !isPlain(last) && !last.includes("\n")) return undefined
  if (outcome?._tag !== "Complete") return assert.fail("incomplete")
  return join(outcome.texts)
}
