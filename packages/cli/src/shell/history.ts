/**
 * Keeps the typed lines between runs. Commands that contain a password (`#login`, `RConPassword`) are not kept, and neither are
 * lines that begin with a blank.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import process from "node:process"

/** The maximum number of lines that are kept. */
export const CAPACITY = 1000

const isSecret = (line: string): boolean => /^\s|^\s*!?\s*(?:#login\b|rconpassword\b|login\b)/i.test(line)

/** Whether a line is kept. */
export const isKept = (line: string): boolean => line.trim() !== "" && !isSecret(line)

/** The lines and a new one. They are newest first, as in `node:readline`. */
export const remember = (lines: ReadonlyArray<string>, line: string): ReadonlyArray<string> =>
  !isKept(line) ? lines : [line, ...lines.filter((other) => other !== line)].slice(0, CAPACITY)

/** The path of the file, in the platform's folder for the state of programs. */
export const path = (env: NodeJS.ProcessEnv = process.env): string => {
  const xdg = env["XDG_STATE_HOME"]
  const folder = xdg !== undefined && Path.isAbsolute(xdg)
    ? xdg
    : process.platform === "win32"
    ? env["LOCALAPPDATA"] ?? Path.join(Os.homedir(), "AppData", "Local")
    : Path.join(Os.homedir(), ".local", "state")
  return Path.join(folder, "bercon", "history")
}

/** Reads the lines, newest first. Empty if the file cannot be read. */
export const load = (file: string): ReadonlyArray<string> => {
  try {
    return Fs.readFileSync(file, "utf8").split("\n").filter((line) => line !== "").slice(-CAPACITY).reverse()
  } catch {
    return []
  }
}

/** Writes the lines. If that fails, the file stays as it was, and the shell goes on. */
const save = (file: string, lines: ReadonlyArray<string>): void => {
  try {
    Fs.mkdirSync(Path.dirname(file), { recursive: true, mode: 0o700 })
    const temporary = `${file}.${process.pid}`
    Fs.writeFileSync(temporary, lines.toReversed().map((line) => `${line}\n`).join(""), { mode: 0o600 })
    Fs.renameSync(temporary, file)
  } catch {
    // The history is a convenience: the shell works without it.
  }
}

/** Adds a line to the file. Lines that other shells have added meanwhile are kept. */
export const add = (file: string, line: string): void => save(file, remember(load(file), line))
