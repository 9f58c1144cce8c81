/**
 * Removals that met another row than the intended one, because somebody else changed the list in the same moment. Pure.
 */
import type { BansChanged } from "@bercon/client/ActionError"
import { isIpAddress } from "@bercon/client/Address"
import type { Ban } from "@bercon/client/Ban"
import { isGuid } from "@bercon/client/Guid"

/**
 * The missing rows that may have been removed instead of the intended one.
 *
 * A removal is sent as a number, and meets whatever row has it then. Rows before it that went in time moved it to a row behind
 * the one that was meant, by as many places at most. GUIDs that were banned in time moved it from an address to one before it.
 *
 * If the intended row is gone, another admin removed the others. (Or the network delivered the removal twice. The list does not
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
