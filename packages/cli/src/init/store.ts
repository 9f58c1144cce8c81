/**
 * Writes a server to the file of servers, and the password to a separate file that only the user can read.
 */
import type { ServersFileError } from "@bercon/fleet/FleetError"
import * as NodeFleet from "@bercon/fleet/NodeFleet"
import { SystemError } from "@bercon/fleet/unstable"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { UsageError } from "../Failure.ts"
import { type Entry, withServer } from "./toml.ts"

const OWNER_ONLY = 0o600

const failed = (message: string) => new UsageError({ message })

const io = <A>(path: string, verb: "read" | "written", run: () => A): Effect.Effect<A, UsageError> =>
  Effect.try({
    try: run,
    catch: (cause) => failed(`${path} cannot be ${verb} (${SystemError.reason(cause)})`)
  })

/** Replaces a file in one step, so that it is never incomplete. Leaves no copy of `text` behind if it fails. */
const replace = (path: string, text: string): void => {
  const temporary = `${path}.new`
  const remove = () => Fs.rmSync(temporary, { force: true })
  remove()
  try {
    Fs.writeFileSync(temporary, text, { mode: OWNER_ONLY })
    Fs.renameSync(temporary, path)
  } catch (cause) {
    remove()
    throw cause
  }
}

/** The path of a server's password file, relative to the folder of the file of servers. */
export const passwordPath = (id: string): string => Path.join("secrets", id)

/** Writes the password to its file, at {@link passwordPath}. */
export const writePassword = (
  file: string,
  id: string,
  password: Redacted.Redacted
): Effect.Effect<void, UsageError> => {
  const path = Path.resolve(Path.dirname(file), passwordPath(id))
  return io(path, "written", () => {
    Fs.mkdirSync(Path.dirname(path), { recursive: true, mode: 0o700 })
    replace(path, `${Redacted.value(password)}\n`)
  })
}

/** The servers in the file. Empty if there is no file yet. */
const serversIn = (file: string): Effect.Effect<ReadonlyMap<string, NodeFleet.FileServer>, ServersFileError> =>
  Fs.existsSync(file) ? NodeFleet.readFile(file) : Effect.succeed(new Map())

/** The ids in the file of servers. Empty if there is no file yet. */
export const idsIn = (file: string): Effect.Effect<ReadonlySet<string>, ServersFileError> =>
  Effect.map(serversIn(file), (servers) => new Set(servers.keys()))

/**
 * Follows symbolic links to the path of the file, which need not exist yet. If a link were replaced, the file to which it leads
 * would stay unchanged.
 */
const behindLinks = (path: string): string => {
  // Fails if the links are a loop.
  if (Fs.statSync(path, { throwIfNoEntry: false }) !== undefined) return Fs.realpathSync(path)
  const isLink = Fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  return isLink ? behindLinks(Path.resolve(Fs.realpathSync(Path.dirname(path)), Fs.readlinkSync(path))) : path
}

const hasAddress = (server: NodeFleet.FileServer | undefined, { host, port }: Pick<Entry, "host" | "port">): boolean =>
  server?.host === host && server.port === port

/**
 * Checks the new text of the file: it must be readable, contain the server, and keep the addresses of all others. Then runs
 * `prepare`, and writes the text.
 */
export const writeServer = Effect.fnUntraced(function*(
  file: string,
  id: string,
  entry: Entry,
  prepare: Effect.Effect<void, UsageError>
): Effect.fn.Return<void, UsageError | ServersFileError> {
  const before = yield* serversIn(file)
  const path = yield* io(file, "written", () => behindLinks(file))
  const old = Fs.existsSync(path) ? yield* io(path, "read", () => Fs.readFileSync(path, "utf8")) : ""
  const text = withServer(old, id, entry, before.has(id))
  const byHand = failed(
    `the server ${id} cannot be written to ${file} without changing something else there: edit the file by hand`
  )
  if (text === undefined) return yield* byHand
  const trial = `${path}.try`
  yield* io(path, "written", () => {
    // A folder to which a link leads is not made: if it is missing, perhaps its disk is not mounted.
    if (path === file) Fs.mkdirSync(Path.dirname(path), { recursive: true, mode: 0o700 })
    Fs.writeFileSync(trial, text, { mode: OWNER_ONLY })
  })
  const after = yield* Effect.mapError(serversIn(trial), () => byHand).pipe(
    Effect.ensuring(Effect.sync(() => Fs.rmSync(trial, { force: true })))
  )
  const isAsBefore = Array.from(before).every(([other, server]) => other === id || hasAddress(after.get(other), server))
  if (!hasAddress(after.get(id), entry) || !isAsBefore) return yield* byHand
  yield* prepare
  yield* io(path, "written", () => replace(path, text))
})
