import { DecodeError } from "@bercon/codec"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

type Reason = DecodeError.DecodeErrorReason

describe("a DecodeError", () => {
  const messages: { readonly [Tag in Reason["_tag"]]: readonly [Extract<Reason, { _tag: Tag }>, message: string] } = {
    Truncated: [
      { _tag: "Truncated", length: 7, minimum: 8 },
      "datagram of 7 bytes is truncated: it must have at least 8"
    ],
    NotBattlEye: [
      { _tag: "NotBattlEye" },
      "datagram is not a BattlEye packet: it lacks the header \"BE\" or the byte FF after the checksum"
    ],
    ChecksumMismatch: [
      { _tag: "ChecksumMismatch", received: 0x00c0ffee, computed: 0xdeadbeef },
      "datagram is damaged: the header has checksum 00c0ffee, the bytes have deadbeef"
    ],
    UnknownType: [{ _tag: "UnknownType", type: 3 }, "unknown packet type 03"],
    Oversized: [
      { _tag: "Oversized", length: 28, maximum: 9 },
      "datagram of 28 bytes is too long: a packet of this type has at most 9"
    ],
    UnknownLoginResult: [
      { _tag: "UnknownLoginResult", value: 2 },
      "login reply 02 is neither 00 (refused) nor 01 (accepted)"
    ],
    InvalidPart: [
      { _tag: "InvalidPart", index: 2, total: 2 },
      "reply part has index 2: it must be below the number of parts (2)"
    ]
  }

  it.each(Object.values(messages))("explains $_tag with its values", (reason, message) => {
    assert.strictEqual(new DecodeError.DecodeError({ reason }).message, message)
  })

  it.effect("is caught by its tag", () =>
    Effect.gen(function*() {
      const error = new DecodeError.DecodeError({ reason: { _tag: "NotBattlEye" } })
      assert.strictEqual(yield* Effect.fail(error).pipe(Effect.catchTag("DecodeError", Effect.succeed)), error)
    }))
})
