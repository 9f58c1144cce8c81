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
 * it executes the removal.
 *
 * - If another admin has removed n rows above the row that is hit, this row is at most n places below the intended one.
 * - In the list, GUIDs are above addresses. If another admin has banned n GUIDs, the removal of an address can hit another
 *   address, at most n places above the intended one.
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
