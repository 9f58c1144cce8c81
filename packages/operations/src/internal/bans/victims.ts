/**
 * Finds rows that were removed by mistake, because another admin changed the list at the moment of a removal. Pure.
 */
import type { BansChanged } from "@bercon/client/ActionError"
import { isIpAddress } from "@bercon/client/Address"
import type { Ban } from "@bercon/client/Ban"
import { isGuid } from "@bercon/client/Guid"

/**
 * Returns the missing rows that may have been removed instead of the intended one.
 *
 * A removal contains the number of a row, which is its place in the list. The server removes the row that has this number when
 * it executes the removal. If another admin has removed rows before the intended one, the removal hits a row after the intended
 * one: at most as many places away as rows were removed. If another admin has banned GUIDs, which come before addresses, the
 * removal of an address hits an address before the intended one: at most as many places away as GUIDs were banned.
 *
 * If the intended row is gone, the removal hit it, and another admin removed the other missing rows. (Or the network delivered
 * the removal twice. The list looks the same in both cases, and the first one is more likely.)
 */
export const victims = (
  { added, missing, stillListed }: Pick<BansChanged, "added" | "missing" | "stillListed">
): ReadonlyArray<Ban> => {
  const guids = added.filter(({ target }) => isGuid(target)).length
  return missing.filter((row) =>
    stillListed.some((one) =>
      row.id > one.id
        ? row.id - one.id <= missing.filter(({ id }) => id < row.id).length
        : isIpAddress(one.target) && isIpAddress(row.target) && one.id - row.id <= guids
    )
  )
}
