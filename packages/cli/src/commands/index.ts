/**
 * The commands of `bercon`, in the order of its help.
 */
import * as Command from "effect/cli/Command"
import { bercon } from "../flags.ts"
import { admins } from "./admins.ts"
import { ban } from "./ban.ts"
import { bans } from "./bans.ts"
import { bansSync } from "./bansSync.ts"
import { demo } from "./demo.ts"
import { doctor } from "./doctor.ts"
import { events } from "./events.ts"
import { exec } from "./exec.ts"
import { loadEvents, loadScripts, lock, reassign, restart, unlock, writeBans } from "./game.ts"
import { restartServer, shutdown } from "./going.ts"
import { guid } from "./guid.ts"
import { init } from "./init.ts"
import { kick } from "./kick.ts"
import { loadBans } from "./loadBans.ts"
import { maxPing } from "./maxPing.ts"
import { mission } from "./mission.ts"
import { missions } from "./missions.ts"
import { planCommand } from "./plan.ts"
import { players } from "./players.ts"
import { say } from "./say.ts"
import { serverCommands } from "./serverCommands.ts"
import { shell } from "./shell.ts"
import { simulate } from "./simulate.ts"
import { top } from "./top.ts"
import { unban } from "./unban.ts"
import { version } from "./version.ts"
import { whisper } from "./whisper.ts"

/** The command `bercon` with all its subcommands. */
export const command = bercon.pipe(Command.withSubcommands([
  {
    group: "The server now",
    commands: [
      players,
      admins,
      bans.pipe(Command.withSubcommands([bansSync])),
      missions,
      version,
      serverCommands,
      events
    ]
  },
  { group: "Players", commands: [say, whisper, kick, ban, unban] },
  { group: "The game", commands: [lock, unlock, mission, restart, reassign, restartServer, shutdown] },
  { group: "BattlEye", commands: [writeBans, loadBans, loadScripts, loadEvents, maxPing] },
  { group: "A community", commands: [planCommand] },
  { group: "Anything else", commands: [shell, top, exec, guid, init, doctor, demo, simulate] }
]))
