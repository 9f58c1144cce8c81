/**
 * Commands without arguments that act on the game or on BattlEye. The server gives no evidence of their effect.
 */
import { plain } from "../command/action.ts"

/** Lets no further player join. */
export const lock = plain("lock", {
  description: "Lets no further player join. DayZ ignores it",
  examples: [["bercon lock", "Until `bercon unlock`"]]
}, (rcon) => rcon.lock)

/** Ends a lock. */
export const unlock = plain("unlock", {
  description: "Lets players join again",
  examples: [["bercon unlock", "Ends `bercon lock`"]]
}, (rcon) => rcon.unlock)

/** Restarts the mission. */
export const restart = plain("restart", {
  description:
    "Restarts the mission, on Arma Reforger the scenario. The server itself keeps running (see restart-server)",
  examples: [["bercon restart", "The same mission from its beginning"]]
}, (rcon) => rcon.restart)

/** Sends all players to the lobby. */
export const reassign = plain("reassign", {
  description: "Sends all players to the lobby of the same mission",
  examples: [["bercon reassign", "Every player chooses a role again"]]
}, (rcon) => rcon.reassign)

/** Reads the filter of scripts again. */
export const loadScripts = plain("load-scripts", {
  description: "Makes BattlEye read its scripts.txt again",
  examples: [["bercon load-scripts", "After a change of the file"]]
}, (rcon) => rcon.loadScripts)

/** Reads the filters of events again. */
export const loadEvents = plain("load-events", {
  description: "Makes BattlEye read its event filters again",
  examples: [["bercon load-events", "After a change of createvehicle.txt, for example"]]
}, (rcon) => rcon.loadEvents)

/** Writes the bans to their file. */
export const writeBans = plain("write-bans", {
  description: "Makes the server write its bans to bans.txt, without those that have expired",
  examples: [["bercon write-bans", "Until then, new bans are only in memory"]]
}, (rcon) => rcon.writeBans)
