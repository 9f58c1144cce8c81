/**
 * The demo: an Effect program administers a BattlEye server, over real UDP.
 *
 * **Details**
 *
 * The server is a simulated one, in this process. If flags or variables name a server, the demo looks at that one instead, and
 * changes nothing there.
 *
 * The lines below a step's heading are the calls (`>`) and their real results. If a result does not arrive in time, the demo
 * ends with exit code 4.
 */
import { RconClient } from "@bercon/client"
import * as NodeRcon from "@bercon/client/NodeRcon"
import { Endpoint, SimulatedServer } from "@bercon/testing"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Effect, Fiber, Layer, Redacted } from "effect"
import type { Server } from "../connection/Servers.ts"
import { DemoFailed } from "./DemoFailed.ts"
import { News } from "./News.ts"
import * as Print from "./Print.ts"

// ---------------------------------------------------------------------------------------------------------------------
// A tour of a simulated server
// ---------------------------------------------------------------------------------------------------------------------

const password = Redacted.make("correct horse battery staple")

const simulatedServer = NodeSimulatedServer.layer({ password })

const serverStarts = Effect.gen(function*() {
  yield* Print.step(1, "A game server starts. Three players are on it.")
  const server = yield* SimulatedServer.SimulatedServer
  for (const name of ["Miller", "Kerry", "Stavrou"]) yield* server.join({ name })
  yield* Print.fact("server", `listens on UDP ${Endpoint.formatAddress(server.address)}`)
})

/** `NodeRcon` connects to the simulated server as it would to any other. */
const client = Layer.unwrap(Effect.gen(function*() {
  const server = yield* SimulatedServer.SimulatedServer
  yield* Print.step(2, "The client logs in with the server's RCON password.")
  yield* Print.call("NodeRcon.layer({ host, port, password })")
  return NodeRcon.layer({ ...server.address, password })
}))

const clientIsIn = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const news = yield* News
  yield* news.follow(rcon.statusChanges)
  yield* news.until("Online")
})

const whoIsThere = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  yield* Print.step(3, "The client asks who is playing.")
  yield* Print.call("rcon.players")
  yield* Print.players(yield* rcon.players)
})

const everybodyIsGreeted = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const news = yield* News
  yield* Print.step(4, "The client subscribes to the events of the server, and sends a message to all players.")
  yield* Print.call("rcon.events", "rcon.say(\"Restart tonight at ten\")")
  yield* news.follow(rcon.events)
  yield* rcon.say("Restart tonight at ten")
  yield* news.until("AdminChat")
})

const playersComeAndGo = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const server = yield* SimulatedServer.SimulatedServer
  const news = yield* News
  yield* Print.step(5, "A player joins, another leaves. The new one asks a question in the chat, and gets an answer.")
  yield* server.join({ name: "Ossipov" })
  yield* news.until("PlayerVerified")
  yield* Print.pause
  yield* server.leave(1)
  yield* news.until("PlayerDisconnected")
  yield* Print.pause
  yield* server.chat(3, "Side", "when is the restart?")
  const chat = yield* news.until("PlayerChat")
  yield* Print.call("rcon.whisper(chat.player.id, \"At ten\")")
  yield* rcon.whisper(chat.player.id, "At ten")
  yield* news.until("AdminChat")
})

const oneIsKicked = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const news = yield* News
  yield* Print.step(6, "The client kicks a player, and waits for the server to confirm it.")
  const [, unlucky] = yield* rcon.players
  if (unlucky === undefined) return yield* new DemoFailed({ message: "there is no player to kick" })
  yield* Print.call(`rcon.kick(${unlucky.id}, "Team killing", { confirmWithin: "5 seconds" })`)
  yield* rcon.kick(unlucky.id, "Team killing", { confirmWithin: "5 seconds" })
  yield* news.until("PlayerKicked", "PlayerDisconnected")
})

const serverRestarts = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const server = yield* SimulatedServer.SimulatedServer
  const news = yield* News
  yield* Print.step(
    7,
    "The server restarts: its port is closed for a second, and the session is lost. The client logs in again by itself."
  )
  yield* server.restart({ downtime: "1 second" })
  yield* Print.call("rcon.command(\"version\")")
  const version = yield* Effect.forkChild(rcon.command("version"))
  yield* news.until("Reconnecting")
  yield* news.until("Online", "AdminLoggedIn")
  yield* Print.fact(
    "reply",
    `${yield* Fiber.join(version)}, the answer to the command that was given while the server was down`
  )
  yield* Print.pause
  yield* server.join({ name: "Miller" })
  yield* news.until("PlayerVerified")
})

const sessionEnds = Effect.gen(function*() {
  const server = yield* SimulatedServer.SimulatedServer
  const news = yield* News
  yield* news.until("Closed")
  const [logins, commands, messages, violations] = yield* Effect.all([
    server.logins,
    server.executions,
    server.messages,
    server.violations
  ])
  yield* Print.fact(
    "server",
    `counted ${logins.length} logins, ${commands.length} commands, ${messages.length} messages sent ` +
      `and ${violations.length} violations of the protocol`
  )
})

/** A tour of a simulated server in this process. */
export const tour = Effect.gen(function*() {
  yield* Print.title(
    "bercon: an Effect program administers a game server",
    "BattlEye is the anti-cheat of games such as Arma 3 and DayZ.",
    "Over its remote console (RCON), an administrator sends commands to a game server and learns what happens on it.",
    "Here a program does so, with a simulated server and real UDP.",
    "A line with > is a call in that program. The lines below it are its real results."
  )
  yield* serverStarts
  yield* Effect.gen(function*() {
    yield* clientIsIn
    yield* whoIsThere
    yield* everybodyIsGreeted
    yield* playersComeAndGo
    yield* oneIsKicked
    yield* serverRestarts
    yield* Print.step(8, "The program ends, and the client closes its session.")
  }).pipe(Effect.provide(client))
  yield* sessionEnds
}).pipe(Effect.provide([simulatedServer, News.layer]))

// ---------------------------------------------------------------------------------------------------------------------
// A look at a real server
// ---------------------------------------------------------------------------------------------------------------------

const lookAround = Effect.gen(function*() {
  const rcon = yield* RconClient.RconClient
  const news = yield* News
  yield* news.follow(rcon.statusChanges)
  yield* news.until("Online")

  yield* Print.step(2, "The client asks for the version of BattlEye, and who is playing.")
  yield* Print.call("rcon.command(\"version\")", "rcon.players")
  yield* Print.fact("reply", yield* rcon.command("version"))
  yield* Print.players(yield* rcon.players)

  yield* Print.step(3, "The client listens for five seconds.")
  yield* Print.call("rcon.events")
  yield* news.follow(rcon.events)
  yield* news.during("5 seconds")
})

/** Looks at a real server, and changes nothing there. */
export const visit = (server: Server) =>
  Effect.gen(function*() {
    yield* Print.title(`bercon: a look at ${server.name}`, "Nothing is changed there.")
    const news = yield* News
    yield* Print.step(1, "The client logs in.")
    yield* Print.call("NodeRcon.layer({ host, port, password })")
    yield* Effect.provide(lookAround, NodeRcon.layer(server.options))
    yield* news.until("Closed")
  }).pipe(Effect.provide(News.layer))
