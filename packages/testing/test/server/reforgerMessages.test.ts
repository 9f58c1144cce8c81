import { Packet, Text } from "@bercon/codec"
import { ServerMachine } from "@bercon/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { command } from "../machine.ts"
import { online, worldOf } from "./reforgerMachine.ts"

describe("a text", () => {
  const payloads = (server: ServerMachine.ServerMachine) =>
    ServerMachine.drain(server).flatMap(({ datagram }) => {
      const packet = Result.getOrThrow(Packet.decodeServer(datagram))
      return packet._tag === "Message" ? [packet.payload] : []
    })
  const sentFor = (text: string | Uint8Array) => {
    const server = online({ onCommand: () => text })
    command(server, 0, 0, "#mod")
    return payloads(server).slice(1)
  }
  const textsFor = (text: string) => sentFor(text).map((payload) => Text.decode(payload))
  const utf8 = new TextDecoder("utf-8", { fatal: true })

  it("of up to 1,024 bytes is one message, and a longer one is cut between lines", () => {
    const row = "x".repeat(511)
    assert.deepStrictEqual(textsFor(`${row}\n${row}y`), [`${row}\n${row}y`])
    assert.deepStrictEqual(textsFor(`${row}\n${row}yy`), [row, `${row}yy`])
    assert.deepStrictEqual(textsFor(`${row}\n${row}y\nz`), [`${row}\n${row}y`, "z"])
    assert.deepStrictEqual(textsFor(`${row}\n${row}y\n`), [`${row}\n${row}y`])
  })

  it("without line breaks is cut between characters, or anywhere if it is not UTF-8", () => {
    for (const start of ["", "a", "aa", "aaa"]) {
      const text = start + "🙂".repeat(600)
      const sent = sentFor(text)
      assert.strictEqual(sent.map((payload) => utf8.decode(payload)).join(""), text)
      assert.deepStrictEqual(sent.map(({ length }) => length > 1020 && length <= 1024), [true, true, false])
    }
    const sizes = sentFor(new Uint8Array(3000).fill(0x80)).map(({ length }) => length)
    assert.strictEqual(sizes.reduce((sum, length) => sum + length), 3000)
    assert.isAtMost(Math.max(...sizes), 1024)
  })

  const rows = Arbitrary.array(
    Arbitrary.all({
      name: Arbitrary.all([
        Arbitrary.schema(Schema.String),
        Arbitrary.array(Arbitrary.schema(Schema.Literals(["Bob", "Якса", "🙂", " ; ", "1 ; ", "\"", " "])), {
          maxLength: 9
        })
      ]),
      gap: Arbitrary.schema(Schema.Literals([1, 1, 1, 50]))
    }),
    { maxLength: 128 }
  ).pipe(Arbitrary.map((players) => {
    let number = 0
    return players.map(({ gap, name: [text, parts] }) => ({
      number: number += gap,
      // Names have no line breaks. A lone surrogate cannot be sent.
      name: (text + parts.join("")).replace(/\n/g, "").replace(/\p{Surrogate}/gu, "?")
    }))
  }))

  it.prop("that lists players is complete, in messages of at most 1,024 bytes that begin with a row or the heading", {
    rows
  }, ({ rows }) => {
    const world = worldOf(...rows)
    const server = online({ world })
    command(server, 0, 0, "#players")
    const [, ...sent] = payloads(server)
    for (const payload of sent) assert.isAtMost(payload.length, 1024)
    const texts = sent.map((payload) => utf8.decode(payload))
    for (const text of texts.slice(1)) assert.match(text, /^\d+ ; [\da-f-]{36} ; /)
    const printed = world.players.map(({ identity, name, slot }) => `${slot} ; ${identity} ; ${name}`)
    assert.deepStrictEqual(texts.join("\n").split("\n").slice(1), printed)
    const glued = texts.join("")
    for (const row of printed) assert.include(glued, row)
    if (rows.length > 40) assert.isAbove(texts.length, 1)
  })
})
