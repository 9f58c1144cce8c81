/**
 * The configuration of a BattlEye server: `beserver.cfg`, `beserver_x64.cfg`, in upper or lower case.
 *
 * **Details**
 *
 * When BattlEye starts, it renames the file to `beserver_x64_active_<hex>.cfg`, and reads that one from then on. So a running
 * server uses the newest active file. A plain file beside it is for the next start.
 */
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import * as Path from "node:path"

/** A configuration file in a folder. */
export interface Candidate {
  readonly path: string
  /** Whether BattlEye has renamed the file. */
  readonly isActive: boolean
  /** Milliseconds since 1970. */
  readonly modified: number
}

const fileName = /^beserver(_x64)?(_active_[0-9a-f]+)?\.cfg$/i

/** The configuration files in a folder, or in its folder `battleye`. If a server is running, it uses the first. */
export const candidates = (folder: string): ReadonlyArray<Candidate> => {
  const inFolder = (path: string) =>
    Fs.readdirSync(path).flatMap((name): ReadonlyArray<Candidate> => {
      const match = fileName.exec(name)
      if (match === null) return []
      const file = Path.join(path, name)
      return [{ path: file, isActive: match[2] !== undefined, modified: Fs.statSync(file).mtimeMs }]
    })
  const here = inFolder(folder)
  const found = here.length > 0
    ? here
    : Fs.readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^battleye$/i.test(entry.name))
      .flatMap((entry) => inFolder(Path.join(folder, entry.name)))
  return found.sort((a, b) => Number(b.isActive) - Number(a.isActive) || b.modified - a.modified)
}

/** The settings in a configuration file. */
export interface ServerCfg {
  readonly path: string
  readonly password: Option.Option<Redacted.Redacted>
  readonly port: Option.Option<string>
  /** The address that the server binds. */
  readonly ip: Option.Option<string>
  /** All settings in order, keys in lower case. A password is among them: do not print it. */
  readonly settings: ReadonlyArray<readonly [key: string, value: string]>
}

/** Reads the settings in the text of a file: `Key value`, one per line. The last non-empty value of a key counts. */
export const parse = (path: string, text: string): ServerCfg => {
  const settings = text.replace(/^\uFEFF/, "").split(/\r?\n/).flatMap((line) => {
    const match = /^\s*(\S+)(?:\s+(.*?))?\s*$/.exec(line)
    return match === null ? [] : [[match[1]!.toLowerCase(), match[2] ?? ""] as const]
  })
  const last = (key: string) =>
    Option.fromNullishOr(settings.findLast(([name, value]) => name === key && value !== "")?.[1])
  return {
    path,
    password: Option.map(last("rconpassword"), (password) => Redacted.make(password)),
    port: last("rconport"),
    ip: last("rconip"),
    settings
  }
}
