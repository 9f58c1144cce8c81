/**
 * The behaviour of the process that is the same for all commands: exit codes, signals, pipes, secrets.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit } from "effect"
import * as Fs from "node:fs"
import { bercon, failed, interrupted, spawned, succeeded, until } from "./bercon.ts"
import { chatting, PASSWORD, received, server } from "./simulated.ts"
import { hasTmux, needsTmux, start } from "./terminal.ts"

describe("exit codes", { concurrent: true }, () => {
  it.live("2: the command line is invalid", () =>
    Effect.gen(function*() {
      for (const args of [["plyers"], ["players", "--formt", "json"], ["players", "--repeat", "0"], ["kick"], []]) {
        const { code, stderr, stdout } = yield* bercon(args)
        assert.deepStrictEqual([code, stdout], [2, ""], args.join(" "))
        assert.isNotEmpty(stderr)
        assert.notInclude(stderr, "    at ")
      }
      failed(yield* bercon(["players"]), 2, /no server is given/)
    }))

  it.live("3: the password is refused", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server()
      failed(
        yield* bercon(["players"], { BERCON_PASSWORD: "wrong" }),
        3,
        /refused the login: the password is not the server's RConPassword\. Check the password: --password-file, /
      )
    }))

  it.live("4: no answer to the login, because the port is closed or the server is silent", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.goSilent
      failed(yield* simulated.bercon(["players", "--timeout", "1s"]), 4, /no session with .* `--wait 2m` waits/)
      yield* simulated.stop()
      failed(yield* simulated.bercon(["players", "--timeout", "500ms"]), 4, /no session with /)
    }))

  it.live("4: the server does not answer a command", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.onCommand((text) => text === "version" ? { delay: "Infinity" as const } : undefined)
      const { code, stderr, stdout } = yield* simulated.bercon(["exec", "missions", "version", "--timeout", "8s"])
      assert.strictEqual(code, 4, stderr)
      assert.match(stdout, /^Missions on server:/, "the answer to the first command is printed")
      assert.match(stderr, /^bercon: command "version": .*\n$/)
    }))

  it.live("4: no output arrives; the message names a wrong flavour as the probable cause", () =>
    Effect.gen(function*() {
      const { bercon } = yield* server()
      const wrong =
        /the reply is incomplete.* Probably the server is not of the flavour Reforger: leave out --flavour, /
      failed(yield* bercon(["players", "--flavour", "Reforger"]), 4, wrong)
    }))

  it.live("5: the host has no address", () =>
    Effect.gen(function*() {
      failed(
        yield* bercon(["players", "--host", "no-such-host.invalid", "--port", "1", "--timeout", "1s"], {
          BERCON_PASSWORD: PASSWORD
        }),
        5,
        /the host name .* has no address/
      )
    }))

  it.live("6: the server does not allow or support the command", () =>
    Effect.gen(function*() {
      const { bercon, spawned } = yield* server({ disallowed: ["#shutdown", "kick"] })
      failed(yield* bercon(["shutdown"]), 6, /^bercon: command "#shutdown": /)
      failed(yield* bercon(["kick", "0", "0"]), 6, /^bercon: command "kick": /)
      failed(yield* spawned(["exec", "nonsense"]), 6, /^bercon: command "nonsense": /)
    }))
})

describe("a Node that is too old", () => {
  it.live("ends bercon with exit code 2, and one sentence that says what to install", () =>
    Effect.gen(function*() {
      const old = "Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.18.0'}})"
      failed(
        yield* spawned(["players"], {
          env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` }
        }),
        2,
        /^bercon: Node 22\.19 or newer is needed, and this is 22\.18\.0: install a newer one/
      )
    }))
})

describe("a bug of bercon", { concurrent: true }, () => {
  it.live("is reported in one line, with the address for reports; --log-level debug adds the stack trace", () =>
    Effect.gen(function*() {
      const program = "dying.ts"
      failed(
        yield* spawned(["die"], { program }),
        1,
        /RangeError: a bug\. Please report it at https:.*--log-level debug\./
      )
      const { stderr } = yield* spawned(["die", "--log-level", "debug"], { program })
      assert.match(stderr, /RangeError: a bug\n +at .*dying\.ts/)
    }))
})

describe("--interval", { concurrent: true }, () => {
  it.live("logs in to a server that was down at first, as soon as it is up", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.stop({ keepPlayers: true })
      const failed = Deferred.makeUnsafe<void>()
      yield* Effect.forkScoped(Effect.andThen(Deferred.await(failed), simulated.start))
      const { stderr, stdout } = yield* simulated.spawned(["version", "--interval", "50ms", "--timeout", "300ms"], {
        onError: () => Deferred.doneUnsafe(failed, Exit.void),
        onOutput: (_, child) => child.kill("SIGTERM")
      })
      assert.match(stderr, /^bercon: no session with /)
      assert.match(stdout, /^1\.220\n/)
    }))

  it.live("ends if the password is refused", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      failed(
        yield* simulated.bercon(["version", "--interval", "10ms"], { BERCON_PASSWORD: "wrong" }),
        3,
        /refused the login/
      )
    }))
})

describe("the signal", { concurrent: true }, () => {
  it.live.each(
    [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const
  )("%s closes the session and ends the process with %i", ([signal, code]) =>
    Effect.gen(function*() {
      // On Reforger a client logs out, which the server sees.
      const simulated = yield* server({ flavour: "Reforger" })
      const outcome = yield* simulated.spawned(["events", "--format", "json"], {
        onOutput: (stdout, child) => {
          if (stdout.includes("Miller")) child.kill(signal)
        }
      })
      assert.deepStrictEqual([outcome.code, outcome.stderr], [code, ""])
      assert.isArray(JSON.parse(outcome.stdout), "the output is still complete")
      assert.deepStrictEqual(yield* simulated.sessions, [])
    }))
})

describe("Ctrl-C", { concurrent: true }, () => {
  /** Interrupts a command line when the server has received this command, which is never answered. */
  const during = Effect.fnUntraced(function*(command: string, args: ReadonlyArray<string>) {
    const simulated = yield* deafTo(command)
    return yield* interrupted(
      [...args, "--timeout", "2m", "--quiet"],
      simulated.env,
      () => received(simulated, command)
    )
  })

  /** The same for commands on standard input, which need a process. */
  const duringShell = Effect.fnUntraced(function*(command: string, stdin: string) {
    const simulated = yield* deafTo(command)
    let interrupt = () => {}
    yield* received(simulated, command).pipe(Effect.andThen(Effect.sync(() => interrupt())), Effect.forkScoped)
    return yield* simulated.spawned(["shell", "--timeout", "2m"], {
      stdin,
      onStart: (child) => {
        interrupt = () => void child.kill("SIGINT")
      }
    })
  })

  /** A server that does not answer this command. */
  const deafTo = Effect.fnUntraced(function*(command: string) {
    const simulated = yield* server()
    yield* simulated.onCommand((text) =>
      text.startsWith(command) ? { reply: "", delay: "Infinity" as const } : undefined
    )
    return simulated
  })

  const UNDER_WAY = /^bercon: interrupted: commands under way on 127\.0\.0\.1:\d+ may have been executed\n$/

  it.live.each<readonly [command: string, ...args: ReadonlyArray<string>]>([
    ["kick 0", "kick", "Miller"],
    ["ban 0", "ban", "Miller"],
    ["addBan", "ban", "203.0.113.7"],
    ["writeBans", "ban", "203.0.113.7", "--write"],
    ["say -1", "say", "hello"],
    ["say 0", "whisper", "Miller", "hello"],
    ["#lock", "lock"],
    ["#unlock", "unlock"],
    ["#restart", "restart"],
    ["#reassign", "reassign"],
    ["#mission", "mission", "Altis"],
    ["#shutdown", "shutdown"],
    ["#restartserver", "restart-server"],
    ["writeBans", "write-bans"],
    ["loadBans", "load-bans"],
    ["loadScripts", "load-scripts"],
    ["loadEvents", "load-events"],
    ["maxPing", "max-ping", "300"],
    ["kick 0", "exec", "version", "kick 0"],
    ["unknown", "exec", "unknown"]
  ])(
    "after %s was sent and not answered: reports that commands under way may have been executed (%j)",
    ([command, ...args]) =>
      Effect.gen(function*() {
        assert.match((yield* during(command, args)).stderr, UNDER_WAY)
      })
  )

  it.live("while shutdown waits for the end of the server: reports that the command may have been executed", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.onCommand((text) => text === "#shutdown" ? { reply: "" } : undefined)
      const { stderr } = yield* interrupted(
        ["shutdown", "--quiet"],
        simulated.env,
        () => received(simulated, "version")
      )
      assert.match(stderr, UNDER_WAY)
    }))

  it.live("during shell: reports that commands under way may have been executed", () =>
    Effect.gen(function*() {
      failed(yield* duringShell("kick", "kick 0\n"), 130, UNDER_WAY)
    }))

  it.live.each<readonly [command: string, ...args: ReadonlyArray<string>]>([
    ["players", "players"],
    ["admins", "admins"],
    ["bans", "bans"],
    ["missions", "missions"],
    ["version", "version"],
    ["commands", "commands"],
    ["players", "kick", "Miller"],
    ["players", "ban", "0"],
    ["players", "whisper", "Miller", "hello"],
    ["bans", "unban", "#0"],
    // Not `players`, which may also be sent before `#lock`, to find out the flavour.
    ["bans", "exec", "#lock", "bans"],
    ["version", "exec", "#lock", "version", "#unlock"]
  ])(
    "while %s, which changes nothing, is under way: reports nothing (%j)",
    ([command, ...args]) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* during(command, args)).stderr, "")
      })
  )

  it.live("between two rounds: reports nothing", () =>
    Effect.gen(function*() {
      const { env } = yield* server()
      const { stderr } = yield* interrupted(
        ["exec", "#lock", "--interval", "1h", "--format", "ndjson", "--quiet"],
        env,
        ({ stdout }) => until(stdout, /#lock/)
      )
      assert.strictEqual(stderr, "")
    }))

  it.live("during shell, while it asks for something: reports nothing", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* duringShell("bans", "lock\nunban 0\n")
      assert.deepStrictEqual([code, stdout, stderr], [130, "lock: sent\n", ""])
    }))

  it.live("before the login: reports nothing", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.goSilent
      const { stderr } = yield* interrupted(
        ["kick", "0", "--timeout", "2m"],
        simulated.env,
        ({ stderr }) => until(stderr, /waiting for/)
      )
      assert.match(stderr, /^bercon: waiting for [^\n]*\n$/)
    }))
})

describe("standard error in a narrow terminal", { concurrent: true }, () => {
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== "").join(" ")

  it.live.skipIf(!hasTmux)(
    `breaks the lines of an error between words${needsTmux}`,
    () =>
      Effect.forEach(
        [[20, ["players"]], [40, ["version", "--host", "[::1]", "--port", "1", "--password", "x"]], [40, [
          "kick"
        ]]] as const,
        ([columns, args]) =>
          Effect.gen(function*() {
            const { code, stderr } = yield* bercon(args)
            const terminal = yield* start(args, { columns, rows: 60 })
            const screen = yield* terminal.until(new RegExp(`^code ${code}$`, "m"))
            assert.strictEqual(words(screen), words(`${stderr} code ${code}`))
          }).pipe(Effect.scoped)
      )
  )
})

describe("standard output", { concurrent: true }, () => {
  it.live.skipIf(!Fs.existsSync("/dev/full"))(
    "on a full disk: ends bercon with exit code 9",
    () =>
      Effect.gen(function*() {
        const simulated = yield* server()
        const full = Fs.openSync("/dev/full", "w")
        yield* Effect.addFinalizer(() => Effect.sync(() => Fs.closeSync(full)))
        for (const args of [["players"], ["kick", "--help"]]) {
          failed(
            yield* simulated.spawned(args, { stdout: full }),
            9,
            /could not be written .* \(ENOSPC\)\. Check the disk/
          )
        }
      })
  )

  it.live("in a pipe that is closed before anything is written: ends bercon with exit code 0", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      const outcomes = yield* Effect.forEach(
        [["players"], ["--help"], ["demo"]],
        (args) => simulated.spawned(args, { onStart: (child) => child.stdout?.destroy() }),
        { concurrency: "unbounded" }
      )
      for (const { code, stderr } of outcomes) assert.deepStrictEqual([code, stderr], [0, ""])
    }))
})

describe("a pipe", { concurrent: true }, () => {
  it.live("ends the command quietly if its reader closes it", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* chatting(simulated)
      const { code, stderr } = yield* simulated.spawned(["events"], { onOutput: (_, child) => child.stdout?.destroy() })
      assert.deepStrictEqual([code, stderr], [0, ""])
    }))

  it.live("gets no control sequences that players write", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.join({ name: "\x1b]0;owned\x07\u202e\x9b2J" })
      for (const format of ["table", "json", "ndjson", "csv", "md"]) {
        const { stdout } = yield* simulated.bercon(["players", "--format", format])
        assert.match(stdout, /owned/)
        assert.notMatch(stdout.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u, format)
      }
      const { stderr } = yield* simulated.bercon(["kick", "owned"])
      assert.notMatch(stderr.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
    }))
})

describe("the password", { concurrent: true }, () => {
  it.live("is read from standard input", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      succeeded(
        yield* simulated.spawned(["version", "--password-file", "-"], {
          env: { BERCON_PASSWORD: "" },
          stdin: `${PASSWORD}\n`
        }),
        "1.220\n"
      )
    }))

  it.live("is printed nowhere, not even with --log-level all", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      for (const password of [PASSWORD, "wrong-secret"]) {
        const { stderr, stdout } = yield* simulated.spawned(["version", "--log-level", "all", "--password", password])
        assert.match(stderr, /bercon: (?:info|debug): /)
        assert.notInclude(stdout + stderr, password)
      }
    }))
})

describe("--wait", { concurrent: true }, () => {
  it.live("waits for a server that is still starting", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.restart({ downtime: "2 seconds" })
      succeeded(yield* simulated.bercon(["version", "--wait", "1m", "--timeout", "5s"]), "1.220\n")
    }))

  it.live("also makes events and shell wait; without it they give up after --timeout", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.stop({ keepPlayers: true })
      const events = ["events", "--kind", "chat", "--limit", "1"]
      const shell = { stdin: "version\n" }
      failed(yield* simulated.bercon([...events, "--timeout", "300ms"]), 4, /no session with .* `--wait 2m` waits/)
      failed(
        yield* simulated.spawned(["shell", "--timeout", "300ms"], shell),
        4,
        /no session with .* `--wait 2m` waits/
      )
      yield* Effect.forkScoped(Effect.delay(Effect.andThen(simulated.start, chatting(simulated)), "2 seconds"))
      const [listened, typed] = yield* Effect.all([
        simulated.bercon([...events, "--wait", "forever", "--timeout", "8s"]),
        simulated.spawned(["shell", "--wait", "1m", "--timeout", "8s"], shell)
      ], { concurrency: "unbounded" })
      succeeded(listened, /Chat .*Miller to Side: hello\n$/)
      succeeded(typed, "1.220\n")
    }))

  it.live("waits for a name that has no address yet", () =>
    Effect.gen(function*() {
      const args = ["version", "--host", "no-such-host.invalid", "--port", "1", "--password", "x"]
      const started = performance.now()
      failed(yield* bercon([...args, "--wait", "3s"]), 5, /the host name .* has no address/)
      assert.isAbove(performance.now() - started, 3000)
    }))
})

describe("progress", { concurrent: true }, () => {
  it.live("is printed on standard error after a second", () =>
    Effect.gen(function*() {
      const simulated = yield* server()
      yield* simulated.goSilent
      const { stderr } = yield* simulated.spawned(["version", "--timeout", "2m"], {
        quiet: false,
        onError: (_, child) => child.kill("SIGINT")
      })
      assert.match(stderr, /^bercon: waiting for 127\.0\.0\.1:\d+ \(1 s\)\n/)
    }))
})
