import { Address, Guid } from "@bercon/client"
import { DateTime } from "effect"
import { BanEntry, BanEntryId } from "../src/BanEntry.ts"

/** The GUID of a number. */
export const guid = (number: number) => Guid.Guid.make(number.toString(16).padStart(32, "0"))

/** The IP address of a number. */
export const ip = (number: number) => Address.IpAddress.make(`198.51.${number >> 8 & 255}.${number & 255}`)

/** The number that a ban of the book has in tests. */
export const id = (number: number) => BanEntryId.make(number.toString(36).padStart(6, "0"))

/** A permanent ban of the book on all servers, by its number; its target is the GUID of that number. */
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
