import { Address, Guid } from "@bercon/client"
import { DateTime } from "effect"
import { BanEntry, BanEntryId } from "../src/BanEntry.ts"

/** The GUID that is this number in hexadecimal digits. */
export const guid = (number: number) => Guid.Guid.make(number.toString(16).padStart(32, "0"))

/** The IP address with this number in its last two bytes. */
export const ip = (number: number) => Address.IpAddress.make(`198.51.${number >> 8 & 255}.${number & 255}`)

/** The id of a ban of the book, made from a number. */
export const id = (number: number) => BanEntryId.make(number.toString(36).padStart(6, "0"))

/** A permanent ban of the book on all servers. Its id and its target are made from the number. */
export const entry = (number: number, fields: Partial<BanEntry> = {}): BanEntry =>
  new BanEntry({
    id: id(number),
    target: guid(number),
    reason: "teamkilling",
    added: DateTime.makeUnsafe(0),
    until: "permanent",
    by: "Miller",
    source: "book",
    servers: "all",
    ...fields
  })
