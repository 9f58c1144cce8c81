import { Packet } from "@bercon/codec"
import { assert, it } from "@effect/vitest"
import { login, players, replyText } from "../src/packets.ts"

it("encodes a login and a command", () => {
  assert.strictEqual(login.length, Packet.HEADER_BYTES + "secret".length)
  assert.strictEqual(players.length, Packet.COMMAND_OVERHEAD_BYTES + "players".length)
})

it("reads a reply in one packet, and a reply in parts in any order", () => {
  const parts = ["Players ", "on server:"].map((text, index) =>
    Packet.encode(Packet.commandReplyPart(0, 2, index, text))
  )
  assert.strictEqual(replyText([Packet.encode(Packet.commandReply(0, "ok"))]), "ok")
  assert.strictEqual(replyText(parts.toReversed()), "Players on server:")
  assert.strictEqual(replyText([...parts.slice(1), login]), undefined)
})
