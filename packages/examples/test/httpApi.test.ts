import { RconClient } from "@bercon/client"
import { SimulatedServer } from "@bercon/testing"
import * as NodeTestRcon from "@bercon/testing/NodeTestRcon"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { routes } from "../src/httpApi.ts"

it.live("serves the server's data over HTTP", () =>
  Effect.gen(function*() {
    const server = yield* SimulatedServer.SimulatedServer
    const rcon = yield* RconClient.RconClient
    const { guid } = yield* server.join({ name: "Miller" })
    const { dispose, handler } = HttpRouter.toWebHandler(
      Layer.mergeAll(routes, HttpServer.layerServices)
    )
    const call = (method: string, path: string, body?: string) =>
      Effect.promise(() =>
        handler(
          new Request(`http://localhost${path}`, { method, ...(body !== undefined && { body }) }),
          Context.make(RconClient.RconClient, rcon)
        )
      )
    const response = yield* call("GET", "/players")
    const players = yield* Effect.promise(() => response.json())
    assert.deepStrictEqual((players as ReadonlyArray<{ name: string }>).map(({ name }) => name), ["Miller"])
    assert.strictEqual((yield* call("POST", "/say", "hello\nworld")).status, 204)
    assert.strictEqual((yield* call("POST", "/say", "a\0b")).status, 400)
    assert.strictEqual((yield* call("POST", `/players/${"f".repeat(32)}/kick`)).status, 404)
    assert.strictEqual((yield* call("POST", "/players/7/kick")).status, 400)
    assert.strictEqual((yield* call("POST", `/players/${guid}/kick`)).status, 204)
    assert.deepStrictEqual((yield* server.world).players, [])
    const said = (yield* server.executions).map(({ text }) => text).filter((text) => text.startsWith("say"))
    assert.deepStrictEqual(said, ["say -1 hello", "say -1 world"])
    yield* Effect.promise(dispose)
  }).pipe(Effect.provide(NodeTestRcon.layer())))
