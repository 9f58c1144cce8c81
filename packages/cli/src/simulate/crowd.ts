/**
 * The players of a simulated server, who come, chat and go by themselves.
 *
 * **Details**
 *
 * `next` chooses an action from the state of the world and from random numbers, so that the same seed gives the same crowd.
 * {@link live} waits, and performs the actions.
 */
import type { SimulatedServer } from "@bercon/testing/SimulatedServer"
import * as World from "@bercon/testing/World"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** How many players there are, and how busy they are. */
export interface Options {
  /** The number of players at first. Later it varies around this number. */
  readonly players: number
  /** How fast they act. At 1, eight players act about a dozen times a minute; at 2, twice as often. */
  readonly speed: number
}

/** An action of a player. */
export type Action =
  | { readonly _tag: "Joins"; readonly name: string }
  | { readonly _tag: "Identified"; readonly player: World.Player; readonly ping: number }
  | { readonly _tag: "Verified" | "Leaves"; readonly player: World.Player }
  | { readonly _tag: "Chats"; readonly player: World.Player; readonly channel: string; readonly text: string }

/** Names like those on real servers: in several scripts, with brackets, wide and combining characters, and right to left. */
const NAMES = [
  "Miller",
  "Kerry",
  "[KSK] Stavrou",
  "Ossipov",
  "Иван Грозный",
  "李雷",
  "Zoë",
  "MadMax(D)",
  "Ægir",
  "さくら",
  "José Muñoz",
  "علي",
  "Nakamura",
  "D. Rossi",
  "|TF| Ghost",
  "Łukasz",
  "민준",
  "Bo\u0308rje",
  "x_Sniper_x",
  "Doc Holliday",
  "Ranger 1-1",
  "Žofia",
  "O'Neill",
  "Player"
]

const CHANNELS = ["Global", "Side", "Group", "Vehicle", "Direct"] as const

const LINES = [
  "anybody near the airfield?",
  "contact north, 300 m",
  "need a lift, marked on the map",
  "ты где?",
  "thanks for the revive",
  "who has the car keys?",
  "restart in how many minutes?",
  "good game everybody",
  "等我一下",
  "RPG! take cover",
  "admin, can you look at the gate?",
  "lag again",
  "on my way: two minutes",
  "is the trader open?"
] as const

/** The world at first. Its players are in the game already, and there are missions and bans to list. */
export const firstWorld = (count: number, lowestSlot: number): Effect.Effect<World.World> =>
  Effect.gen(function*() {
    let world = World.make({
      missions: ["Liberation.Altis.pbo", "Escape.Stratis.pbo", "KingOfTheHill.Tanoa.pbo"],
      bans: [
        { target: "8b1a9953c4611296a827abf8c47804d7", expires: undefined, reason: "Cheating" },
        { target: "198.51.100.23", expires: undefined, reason: "Insults (Kerry)" }
      ]
    })
    for (let joined = 0; joined < count; joined++) {
      const name = yield* newName(world)
      world = World.join(world, World.player(world, { name, ping: yield* somePing }, lowestSlot))
    }
    return world
  })

const somePing = Random.nextIntBetween(15, 180)

/** A name that is not on the server yet. */
const newName = (world: World.World): Effect.Effect<string> =>
  Effect.gen(function*() {
    const taken = new Set(world.players.map(({ name }) => name))
    const free = NAMES.filter((name) => !taken.has(name))
    if (Arr.isReadonlyArrayNonEmpty(free)) return yield* Random.choice(free)
    let number = 2
    while (taken.has(`Recruit ${number}`)) number++
    return `Recruit ${number}`
  })

/**
 * Chooses the next action at random: usually the next step of a player who is joining, if there is one. The fewer players there
 * are, the more join.
 */
const next = Effect.fnUntraced(function*(
  world: World.World,
  { players: usual }: Options
): Effect.fn.Return<Action | undefined> {
  const { players } = world
  const joining = players.find(({ verified }) => !verified)
  if (joining !== undefined && (yield* Random.next) < 0.7) {
    return joining.guid === undefined
      ? { _tag: "Identified", player: joining, ping: yield* somePing }
      : { _tag: "Verified", player: joining }
  }
  const share = usual === 0 ? 1 : players.length / usual
  const draw = yield* Random.next
  if (usual > 0 && draw < 0.4 - 0.3 * share) {
    return { _tag: "Joins", name: yield* newName(world) }
  }
  if (!Arr.isReadonlyArrayNonEmpty(players)) return undefined
  const player = yield* Random.choice(players)
  return draw > 1 - 0.1 * share
    ? { _tag: "Leaves", player }
    : { _tag: "Chats", player, channel: yield* Random.choice(CHANNELS), text: yield* Random.choice(LINES) }
})

/** A random time until the next action, in milliseconds. Eight players act about a dozen times a minute, at `speed` 1. */
const wait = ({ players, speed }: Options): Effect.Effect<number> =>
  Effect.map(Random.next, (draw) => {
    const mean = Math.min(20_000, 40_000 / Math.max(1, players))
    return -Math.log(1 - draw) * mean / speed
  })

const changePings = (
  server: SimulatedServer["Service"],
  pingOf: (player: World.Player) => number
): Effect.Effect<void> =>
  server.update((world) => ({
    ...world,
    players: world.players.map((player) => ({ ...player, ping: pingOf(player) }))
  }))

const perform = (server: SimulatedServer["Service"], action: Action): Effect.Effect<unknown> => {
  switch (action._tag) {
    case "Joins":
      return server.join({ name: action.name, guid: null })
    case "Identified":
      return Effect.andThen(
        server.identify(action.player.slot),
        changePings(server, (player) => player.slot === action.player.slot ? action.ping : player.ping)
      )
    case "Verified":
      return server.verify(action.player.slot)
    case "Leaves":
      return server.leave(action.player.slot)
    case "Chats":
      return server.chat(action.player.slot, action.channel, action.text)
  }
}

/** Changes the pings a little. */
const varyPings = (server: SimulatedServer["Service"]): Effect.Effect<void> =>
  Effect.flatMap(
    Random.nextIntBetween(-6, 6),
    (change) =>
      changePings(server, ({ ping, slot }) =>
        ping < 0 ? ping : Math.min(300, Math.max(5, slot % 2 === 0 ? ping + change : ping - change)))
  )

/** Makes players come, chat and go for ever, and reports what they did. */
export const live = (
  server: SimulatedServer["Service"],
  options: Options,
  tell: (time: DateTime.Utc, action: Action) => void
): Effect.Effect<never> =>
  Effect.gen(function*() {
    yield* Effect.sleep(yield* wait(options))
    yield* varyPings(server)
    const action = yield* next(yield* server.world, options)
    if (action === undefined) return
    yield* perform(server, action).pipe(
      Effect.andThen(Effect.map(DateTime.now, (time) => tell(time, action))),
      // Meanwhile an admin may have kicked the player, or ended the server.
      Effect.catchDefect((defect) => defect instanceof RangeError ? Effect.void : Effect.die(defect))
    )
  }).pipe(Effect.forever)
