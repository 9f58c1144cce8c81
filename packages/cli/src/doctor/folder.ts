/**
 * Finds out what is in the folder of a BattlEye server's configuration.
 */
import { SystemError } from "@bercon/fleet/unstable"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import process from "node:process"
import * as ServerCfg from "../connection/ServerCfg.ts"
import type { Facts } from "./configuration.ts"

/** The facts about a folder, or about a file and the folder that it is in. */
export const examine = (path: string, gamePort: number | undefined): Facts => {
  const facts = {
    folder: path,
    candidates: [],
    names: [],
    platform: process.platform,
    localAddresses: Object.values(Os.networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
    gamePort
  }
  try {
    const isFolder = Fs.statSync(path).isDirectory()
    const candidates = ServerCfg.candidates(isFolder ? path : Path.dirname(path))
    const file = isFolder ? candidates[0]?.path : path
    const folder = file === undefined ? path : Path.dirname(file)
    const text = file === undefined ? undefined : Fs.readFileSync(file, "utf8")
    return {
      ...facts,
      folder,
      candidates,
      names: Fs.readdirSync(folder),
      chosen: file === undefined || text === undefined ? undefined : { text, cfg: ServerCfg.parse(file, text) }
    }
  } catch (cause) {
    return { ...facts, unreadable: `${path} cannot be read (${SystemError.reason(cause)})` }
  }
}
