/**
 * A temporary Postgres for the rig and the demo, in a temporary folder and on a free port.
 *
 * It needs `initdb` and `pg_ctl` on the machine. Postgres refuses to run as root, so root runs it as the user `postgres`.
 */
import { Data, Effect, FileSystem, Redacted } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import * as Port from "./Port.ts"

/** Postgres is not installed, or does not start. */
export class PostgresUnavailable extends Data.TaggedError("PostgresUnavailable")<{ readonly problem: string }> {
  override get message(): string {
    return `Postgres is not available: ${this.problem}. Install it so that \`initdb\` and \`pg_ctl\` are on the PATH ` +
      "(on Debian: apt install postgresql, and add /usr/lib/postgresql/*/bin to the PATH)"
  }
}

export interface Postgres {
  readonly url: Redacted.Redacted
  /** Ends the connections and the process of the database. */
  readonly stop: Effect.Effect<void, PostgresUnavailable>
  /** Starts it again with its data. */
  readonly start: Effect.Effect<void, PostgresUnavailable>
}

/** Time limit for the start and the end of the database, in seconds. */
const PATIENCE = "120"

const isRoot = process.getuid?.() === 0

/** Runs a command of Postgres, and waits for its end. */
const run = Effect.fnUntraced(function*(command: string, args: ReadonlyArray<string>) {
  const handle = yield* isRoot
    ? ChildProcess.make("runuser", ["-u", "postgres", "--", command, ...args], { stdout: "ignore", stderr: "ignore" })
    : ChildProcess.make(command, args, { stdout: "ignore", stderr: "ignore" })
  const code = yield* handle.exitCode
  if (code !== 0) return yield* new PostgresUnavailable({ problem: `\`${command}\` ended with exit code ${code}` })
}, (effect) =>
  Effect.scoped(effect).pipe(
    Effect.catchTag("PlatformError", ({ message }) => Effect.fail(new PostgresUnavailable({ problem: message })))
  ))

/** Starts a Postgres that runs until the scope closes. */
export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const context = yield* Effect.context<ChildProcessSpawner.ChildProcessSpawner>()
  const folder = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "bercon-postgres-" }))
  // The user `postgres` must be able to create a folder in it.
  yield* Effect.orDie(fs.chmod(folder, 0o777))
  const data = `${folder}/data`
  const settings = (port: number) =>
    [
      "-c listen_addresses=127.0.0.1",
      "-c unix_socket_directories=''",
      `-p ${port}`,
      // No fsync: the data need not outlive a crash of the machine.
      "-F"
    ].join(" ")
  const pgCtl = (...args: ReadonlyArray<string>) =>
    Effect.provideContext(run("pg_ctl", ["-D", data, "-w", "-t", PATIENCE, ...args]), context)
  const startAt = (port: number) => pgCtl("-l", `${folder}/log`, "-o", settings(port), "start")
  const stop = pgCtl("-m", "fast", "stop")

  yield* run("initdb", ["-D", data, "-U", "bercon", "-A", "trust", "-E", "UTF8", "--no-sync"])
  // Postgres is stopped even if its start fails, because a failed start may leave a process.
  yield* Effect.addFinalizer(() => Effect.ignore(stop))
  const port = yield* Effect.orDie(Port.free).pipe(
    Effect.tap(startAt),
    // Another program may have taken the port.
    Effect.retry({ times: 2 })
  )
  const postgres: Postgres = {
    url: Redacted.make(`postgres://bercon@127.0.0.1:${port}/postgres`),
    start: startAt(port),
    stop
  }
  return postgres
})
