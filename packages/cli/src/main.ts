/**
 * The command `bercon`: what commands there are.
 */
import * as Command from "effect/cli/Command"
import { admins } from "./commands/admins.ts"
import { ban } from "./commands/ban.ts"
import { bans } from "./commands/bans.ts"
import { demo } from "./commands/demo.ts"
import { events } from "./commands/events.ts"
import { exec } from "./commands/exec.ts"
import { loadEvents, loadScripts, lock, reassign, restart, unlock, writeBans } from "./commands/game.ts"
import { restartServer, shutdown } from "./commands/going.ts"
import { guid } from "./commands/guid.ts"
import { kick } from "./commands/kick.ts"
import { loadBans } from "./commands/loadBans.ts"
import { maxPing } from "./commands/maxPing.ts"
import { mission } from "./commands/mission.ts"
import { missions } from "./commands/missions.ts"
import { players } from "./commands/players.ts"
import { say } from "./commands/say.ts"
import { serverCommands } from "./commands/serverCommands.ts"
import { unban } from "./commands/unban.ts"
import { version } from "./commands/version.ts"
import { whisper } from "./commands/whisper.ts"
import { bercon } from "./flags.ts"
import { run } from "./run.ts"

run(bercon.pipe(Command.withSubcommands([
  { group: "What is going on", commands: [players, admins, bans, missions, version, serverCommands, events] },
  { group: "Players", commands: [say, whisper, kick, ban, unban] },
  { group: "The game", commands: [lock, unlock, mission, restart, reassign, restartServer, shutdown] },
  { group: "BattlEye", commands: [writeBans, loadBans, loadScripts, loadEvents, maxPing] },
  { group: "Anything else", commands: [exec, guid, demo] }
])))
