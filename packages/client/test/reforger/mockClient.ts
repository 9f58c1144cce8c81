/**
 * The commands of Arma Reforger's own RCON on a mock session, whose messages the test sends.
 */
import { type Ban, type Commands, type Flavour, Player } from "@bercon/client"
import { Session } from "@bercon/session"
import { Monotonic } from "@bercon/session/unstable"
import { Clock, Duration, Effect, type Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as ClientSession from "../../src/internal/clientSession.ts"
import * as CommandTable from "../../src/internal/commandTable.ts"
import type { Call } from "../../src/internal/flavourCommands.ts"
import { PlayerTarget } from "../../src/internal/playerTarget.ts"
import * as Reforger from "../../src/internal/reforger/commands.ts"
import * as Settings from "../../src/internal/settings.ts"
import * as MockSession from "../mockSession.ts"
import type { Failure } from "../simulatedClient.ts"
import { echo } from "./texts.ts"

export const bob = Player.PlayerId.make(7)

/** The epoch of all calls. */
export const EPOCH = 3

/** Runs a command as the client does. */
export const called = <A, E>(
  run: (call: Call) => Effect.Effect<A, E>,
  { confirmWithin, epoch, repeatable, timeout = "20 seconds" }: Commands.ActionOptions = {}
): Effect.Effect<A, E> =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (now) => run({ repeatable, epoch, calledIn: EPOCH, deadline: now + Duration.toMillis(timeout), confirmWithin })
  )

type Options = Commands.ActionOptions

/** The commands on a mock session. `events` are the texts that no command has taken. */
export const start = Effect.fnUntraced(function*(window?: Flavour.ReplyWindow) {
  const session = yield* MockSession.make()
  const service = yield* Effect.provide(Session.Session, session.layer)
  const logout = Reforger.logout(service)
  const { replyWindow } = yield* Settings.make({ replyWindow: window })
  const { commands: flavour, gap, offer } = Reforger.make(ClientSession.make(service), replyWindow, {
    now: yield* Monotonic.make,
    context: yield* Effect.context()
  })
  const simple = (command: CommandTable.SimpleCommand<unknown, Failure>) =>
    called((call) => flavour.simple(command, call))
  const targetOf = (slot: Player.PlayerId) => new PlayerTarget(slot, () => "Unknown")
  const commands = {
    simple,
    playerTable: called(flavour.playerTable),
    banTable: called(flavour.banTable),
    kick: (player: Player.PlayerId, reason = "", options?: Options) =>
      called((call) => flavour.kick(targetOf(player), reason, call), options),
    ban: (
      target: Player.PlayerId | Ban.BanTarget,
      { duration = "permanent", reason = "", ...options }: Commands.BanOptions = {}
    ) =>
      called(
        (call) => flavour.ban(typeof target === "number" ? targetOf(target) : target, { duration, reason }, call),
        options
      ),
    unban: (target: Ban.BanTarget | Ban.Ban, options?: Options) =>
      called((call) => flavour.unban([target], call), options),
    restart: simple(CommandTable.actions.restart),
    shutdown: simple(CommandTable.actions.shutdown),
    command: (text: string, options?: Options) => called((call) => flavour.command(text, call), options)
  }
  const events: Array<string> = []
  const say = (...texts: ReadonlyArray<string>) =>
    Effect.andThen(
      MockSession.settle,
      Effect.sync(() => {
        for (const text of texts) if (!offer(text)) events.push(text)
      })
    )
  /** Runs a command, and sends its echo and these messages. Returns its exit after a minute. */
  const converse = Effect.fnUntraced(
    function*<A, E>(command: Effect.Effect<A, E>, ...texts: ReadonlyArray<string>) {
      const fiber = yield* Effect.forkChild(command, { startImmediately: true })
      yield* MockSession.settle
      const [text] = session.sent.at(-1) ?? [""]
      yield* say(echo(text), ...texts)
      yield* TestClock.adjust("1 minute")
      return yield* Fiber.await(fiber)
    }
  )
  const texts = () => session.sent.map(([text]) => text)
  return { commands, converse, events, flavour, gap, logout, say, session, texts }
})

export const failure = <A, E>(exit: Exit.Exit<A, E>) => Effect.flip(exit)
