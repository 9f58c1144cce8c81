/**
 * The shell at a terminal: commands are typed at the bottom, and events appear above them.
 */
import type { LoginFailure } from "@bercon/client/LoginFailure"
import type { Player } from "@bercon/client/Player"
import type * as ServerEvent from "@bercon/client/ServerEvent"
import type * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Failure from "../Failure.ts"
import type * as Format from "../output/Format.ts"
import * as SafeText from "../output/SafeText.ts"
import { inWords } from "../output/words.ts"
import { wrap } from "../output/wrap.ts"
import { execute, isDrastic, isQuestion } from "./execute.ts"
import * as History from "./history.ts"
import * as Line from "./line.ts"
import * as Prompt from "./Prompt.ts"
import type { Session } from "./script.ts"

/** How many typed lines may wait for the answers to the lines before them. Further lines are refused. */
const TYPED_AHEAD = 100

/** Events that are not printed: one line for each new player is enough. */
const NOT_PRINTED: ReadonlySet<ServerEvent.Tag> = new Set(["PlayerGuid", "PlayerVerified", "PlayerIdentified"])

const clock = (time: DateTime.Utc | undefined): string =>
  time === undefined ? "" : `${DateTime.toDate(time).toTimeString().slice(0, 8)}  `

/** Runs the shell until the person leaves, or the session ends for good. */
export const interactive = (
  { rcon, server: { name, options: { flavour } }, underWay }: Session,
  style: () => Format.Context
): Effect.Effect<void, LoginFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const typed = yield* Queue.dropping<string, Cause.Done>(TYPED_AHEAD)
    const text = `${SafeText.line(name)}> `
    const file = History.path()
    let players: ReadonlyArray<Player> = []
    let showsEvents = true
    /** A line that would end the server or the game, and is not confirmed yet. */
    let doubtful: string | undefined
    /** Completed by Ctrl-C. Each command begins with a new one. */
    let cancelled = Deferred.makeUnsafe<void>()
    const prompt = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Prompt.make({
          text,
          history: History.load(file),
          complete: (line) => Line.complete(line, players),
          onLine: (line) => {
            if (doubtful === undefined && History.isKept(line)) History.add(file, line)
            // Readline does not keep empty lines.
            else if (line.trim() !== "") prompt.forget()
            if (!Queue.offerUnsafe(typed, line)) {
              prompt.above(`-- not done, because ${TYPED_AHEAD} lines are waiting: ${SafeText.line(line)}`)
            }
          },
          onCancel: () => {
            Deferred.doneUnsafe(cancelled, Exit.void)
            if (doubtful === undefined) return
            doubtful = undefined
            prompt.change(text)
          },
          onEnd: () => Queue.endUnsafe(typed)
        })
      ),
      (prompt) => Effect.sync(() => prompt.close())
    )
    const print = (text: string) => Effect.sync(() => text === "" ? undefined : prompt.above(text))
    const question = () => doubtful === undefined ? text : `${doubtful.trim()}: the players lose their game. Type yes: `

    const follow = Stream.runForEach(rcon.events, (event) =>
      showsEvents && !NOT_PRINTED.has(event._tag)
        ? print(`${clock(event.receivedAt)}${SafeText.line(inWords(event))}`) :
        Effect.void)
    const followStatus = rcon.statusChanges.pipe(
      Stream.drop(1),
      Stream.runForEach((status) => print(`-- ${SafeText.line(inWords(status))}`))
    )
    const followPlayers = Stream.runForEach(rcon.roster.changes, (list) => Effect.sync(() => void (players = list)))

    /** Handles a line. Returns whether the shell goes on. */
    const perform = Effect.fnUntraced(function*(line: string): Effect.fn.Return<boolean> {
      const command = line.trim()
      if (doubtful !== undefined) {
        const confirmed = /^yes$/i.test(command) ? doubtful : undefined
        doubtful = undefined
        prompt.change(text)
        if (confirmed !== undefined) yield* answer(confirmed)
        else yield* print("nothing was done")
        return true
      }
      if (command === "quit" || command === "exit") return false
      if (command === "") return true
      if (/^events(?:\s|$)/.test(command)) {
        const [, setting = "", ...others] = Line.words(command)
        if (others.length > 0 || !["", "on", "off"].includes(setting)) {
          yield* print("write `events on` or `events off`")
          return true
        }
        showsEvents = setting !== "off"
        yield* print(`events are ${showsEvents ? "shown" : "not shown"}`)
      } else if (isDrastic(command)) {
        doubtful = command
        prompt.change(question())
      } else yield* answer(command)
      return true
    })
    const answer = (line: string) =>
      Effect.suspend(() => {
        cancelled = Deferred.makeUnsafe()
        underWay.settle()
        const ended = Effect.gen(function*() {
          yield* Deferred.await(cancelled)
          const { length } = yield* Queue.clear(typed)
          const others = length === 0
            ? ""
            : `. ${length} more typed ${length === 1 ? "line is" : "lines are"} not executed`
          const doubt = isQuestion(line) ? "" : underWay.isAny ? ": it may have been executed" : ": it was not sent"
          return `-- no longer waiting for ${SafeText.line(line)}${doubt}${others}`
        })
        return Effect.raceFirst(execute(rcon, line, style()), ended)
      }).pipe(
        Effect.mapError(Failure.explained(flavour)),
        Effect.catch((failure) =>
          Effect.succeed(`${wrap(SafeText.lines(Failure.describe(failure)), style().width)}\n`)
        ),
        Effect.flatMap(print)
      )

    const talk = Stream.fromEffectRepeat(Queue.take(typed)).pipe(
      Stream.mapEffect(perform),
      Stream.takeWhile((goesOn) => goesOn),
      Stream.runDrain
    )
    // The streams end with the session, and fail with its failure.
    yield* Effect.raceFirst(
      talk,
      Effect.andThen(
        Effect.all([follow, followStatus, followPlayers, rcon.closed], { concurrency: "unbounded" }),
        Effect.void
      )
    )
  })
