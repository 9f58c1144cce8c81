/**
 * Ports, as people write them.
 */
import { Peer } from "@bercon/client/unstable"

/** The port that a text contains. `undefined` if it is not a number from 1 to 65535. */
export const portOf = (text: string): number | undefined => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return Peer.isPort(port) ? port : undefined
}
