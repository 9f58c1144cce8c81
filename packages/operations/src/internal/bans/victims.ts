/**
 * Finds rows that were removed by mistake, because another admin changed the list at the moment of a removal. Pure.
 */
import type { BansChanged } from "@bercon/client/ActionError"
import { isIpAddress } from "@bercon/client/Address"
import type { Ban } from "@bercon/client/Ban"
import { isGuid } from "@bercon/client/Guid"

/**
 * The missing rows that may have been removed instead of the intended one.
 *
 * A removal names its row by a number, and the server removes the row that has this number when it executes the removal. If
 * another admin has removed rows before the intended one, the removal hits a row behind it, at most as many places away. If
 * another admin has banned GUIDs, the removal of an address hits an address before it.
 *
 * If the intended row is gone, another admin removed the other missing rows. (Or the network delivered the removal twice. The list does not
 * distinguish the two cases, and the first is the likelier one.)
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
