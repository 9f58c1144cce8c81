/**
 * Counts the commands and messages that clients lose on a lossy network. For each rate of loss, each client has its own
 * simulated server, over UDP. The servers of one rate have the same faults.
 *
 * `node src/loss.ts [seconds]`. Each client sends ten commands a second, and each server sends ten messages a second. In
 * the default of 30 seconds a client uses all 256 sequence numbers, and the first ones again. Then late answers have
 * {@link PATIENCE} to arrive.
 */
import * as NodeRcon from "@bercon/client/NodeRcon"
import * as NodeSimulatedServer from "@bercon/testing/NodeSimulatedServer"
import { Socket } from "@senfo/battleye"
import BattleNode from "battle-node"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { HOST, PASSWORD } from "./client.ts"
import * as Report from "./report.ts"

const LOSSES = [0, 0.01, 0.05, 0.2]
const INTERVAL = 100
/** How long to wait for late answers and messages, in milliseconds. By then no client or server repeats a datagram. */
const PATIENCE = 25_000

/** Sends a command, and calls `settle` with its reply, or with `undefined` if the client reports a failure. */
type Ask = (text: string, settle: (reply: string | undefined) => void) => void

/** The login failed. */
class NotLoggedIn extends Data.TaggedError("NotLoggedIn") {}

/** Logs in, and then calls `heard` with the text of each message. */
type Connect = (port: number, heard: (text: string) => void) => Effect.Effect<Ask, NotLoggedIn, Scope.Scope>

const bercon: Connect = Effect.fnUntraced(function*(port, heard) {
  const options = { host: HOST, port, password: Redacted.make(PASSWORD), flavour: "BattlEye" } as const
  const rcon = yield* NodeRcon.make(options).pipe(
    Effect.provide(Logger.layer([])),
    Effect.mapError(() => new NotLoggedIn())
  )
  yield* rcon.events.pipe(
    Stream.runForEach((event) => Effect.sync(() => "text" in event && heard(event.text))),
    Effect.forkScoped({ startImmediately: true })
  )
  const run = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
  return (text, settle) => {
    run(Effect.match(rcon.command(text), { onFailure: () => settle(undefined), onSuccess: settle }))
  }
})

const senfo: Connect = Effect.fnUntraced(function*(port, heard) {
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new Socket()),
    (socket) => Effect.sync(() => socket.close())
  )
  const connection = socket.connection({ name: "loss", ip: HOST, port, password: PASSWORD })
  const ignore = () => {}
  socket.on("error", ignore)
  connection.on("error", ignore).on("disconnected", ignore).on("message", heard)
  yield* Effect.callback<void>((resume) => void connection.once("connected", () => resume(Effect.void))).pipe(
    Effect.timeoutOrElse({ duration: PATIENCE, orElse: () => Effect.fail(new NotLoggedIn()) })
  )
  return (text, settle) => {
    connection.command(text).then(({ data }) => settle(data), () => settle(undefined))
  }
})

const battleNode: Connect = Effect.fnUntraced(function*(port, heard) {
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new BattleNode({ ip: HOST, port, rconPassword: PASSWORD })),
    ({ keepalive, socket }) =>
      Effect.sync(() => {
        clearInterval(keepalive)
        socket.close()
      })
  )
  client.on("message", heard)
  yield* Effect.callback<void, NotLoggedIn>((resume) => {
    client.on("login", (_, success) => resume(success === true ? Effect.void : Effect.fail(new NotLoggedIn())))
    client.login()
  })
  return (text, settle) => client.sendCommand(text, settle)
})

const clients: ReadonlyArray<readonly [name: string, Connect]> = [
  ["bercon", bercon],
  ["@senfo/battleye", senfo],
  ["battle-node", battleNode]
]

interface Outcome {
  readonly client: string
  readonly loss: number
  readonly answered: number
  /** Commands that got the answer to another command. */
  readonly wrong: number
  /** Commands whose failure was reported. */
  readonly failed: number
  /** Commands that were never settled. */
  readonly silent: number
  /** Messages that were not delivered. */
  readonly missing: number
  /** Deliveries of a message after its first delivery. */
  readonly repeated: number
  /** Deliveries of a message after the delivery of a later message. */
  readonly overtaken: number
}

const measure = Effect.fnUntraced(function*(client: string, connect: Connect, loss: number, count: number) {
  const server = yield* NodeSimulatedServer.make({
    onCommand: (text) => /^echo (.*)$/.exec(text)?.[1],
    network: { loss, latency: "30 millis", jitter: "30 millis", seed: loss }
  })
  const numbers: Array<number> = []
  const heard = (text: string) => {
    const number = /^\(Side\) Max: (\d+)$/.exec(text)?.[1]
    if (number !== undefined) numbers.push(Number(number))
  }
  const ask = yield* Effect.retry(connect(server.address.port, heard), Schedule.recurs(20))
  const tally = { answered: 0, wrong: 0, failed: 0 }
  for (let number = 0; number < count; number++) {
    ask(`echo ${number}`, (reply) => {
      tally[reply === undefined ? "failed" : reply === `${number}` ? "answered" : "wrong"]++
    })
    yield* server.emit(`(Side) Max: ${number}`)
    yield* Effect.sleep(INTERVAL)
  }
  yield* Effect.sleep(PATIENCE)
  const distinct = new Set(numbers)
  const outcome: Outcome = {
    client,
    loss,
    ...tally,
    silent: count - tally.answered - tally.wrong - tally.failed,
    missing: count - distinct.size,
    repeated: numbers.length - distinct.size,
    overtaken: numbers.filter((number, index) => numbers.slice(0, index).some((earlier) => earlier > number)).length
  }
  return outcome
}, Effect.scoped)

const count = Math.round((Number(process.argv[2] ?? 30) * 1000) / INTERVAL)
const cases = LOSSES.flatMap((loss) => clients.map(([name, connect]) => measure(name, connect, loss, count)))
const outcomes = await Effect.runPromise(Effect.all(cases, { concurrency: "unbounded" }))

const head = ["lost each way", "client", "answered", "with another's answer", "failed with an error", "never settled"]
const rest = ["messages lost", "repeated", "out of order"]
const print = (cells: ReadonlyArray<string | number>) => console.log(`| ${cells.join(" | ")} |`)
console.log(`Of ${count} commands and ${count} messages:\n`)
print([...head, ...rest])
print([...head, ...rest].map(() => "---"))
for (const { answered, client, failed, loss, missing, overtaken, repeated, silent, wrong } of outcomes) {
  print([`${loss * 100} %`, client, answered, wrong, failed, silent, missing, repeated, overtaken])
}
Report.writeResults("loss", { count, outcomes })
// The foreign clients may keep this process alive.
process.exit()
