/**
 * Mutation testing: changes the source in small ways, one at a time, and lists the changes that no test notices.
 *
 * ```sh
 * npx -y pnpm@12 mutate codec                # the pure modules of a package
 * npx -y pnpm@12 mutate codec Text checksum  # these modules of it
 * ```
 *
 * On demand only, since a package takes minutes: CI does not run it. A run works on a copy of the tree, and the report
 * for a browser is in `reports/mutation`. The corpus is not beside the copy, so the tests that need it are
 * skipped: the others have to notice.
 *
 * A change that makes no observable difference is marked where it is, with the reason:
 * `// Stryker disable next-line EqualityOperator: both give the same bytes`.
 */
import { Stryker } from "@stryker-mutator/core"
import * as Fs from "node:fs"
import * as Path from "node:path"

interface Target {
  /** What is mutated: names below `src`, without `.ts`. */
  readonly modules: ReadonlyArray<string>
  /**
   * The tests that are run: names below `test`, without `.test.ts`. Only fast ones, as each mutant needs a run. `"own"`: the
   * test that is named as the module, for each module alone.
   */
  readonly tests: ReadonlyArray<string> | "own"
}

const targets: Record<string, Target> = {
  codec: {
    modules: ["**/*"],
    tests: ["DecodeError", "Packet", "PacketSchema", "Reassembly", "Text"]
  },
  session: {
    modules: [
      "internal/{sequenceNumbers,reorderBuffer,roundTrip,retransmission,commandQueue,liveness,login,outbound}",
      "SessionMachine"
    ],
    tests: "own"
  },
  client: {
    modules: [
      "internal/battleye/{*Reply,replyLines}",
      "internal/reforger/replies",
      "internal/{readEvent,patterns,playerTarget,tables,banRows,identification,splitText}",
      "{KickReason,Guid}"
    ],
    tests: ["*Reply", "replies", "reforgerReplies", "ServerEvent", "KickReason", "Guid", "unknown", "bots"]
  }
}

const fail = (message: string): never => {
  process.stderr.write(`${message}\nusage: pnpm mutate PACKAGE [MODULE...]\n`)
  process.exit(2)
}

const [name = "", ...modules] = process.argv.slice(2).filter((argument) => argument !== "--")
const target = targets[name] ?? fail(`PACKAGE must be one of ${Object.keys(targets).join(", ")} (got "${name}")`)
const files = modules.length === 0
  ? target.modules.flatMap((module) => Fs.globSync(`packages/${name}/src/${module}.ts`))
  : modules.flatMap((module) => {
    const found = Fs.globSync(`packages/${name}/src/**/${module}.ts`)
    return found.length > 0 ? found : fail(`MODULE must be a file in packages/${name}/src (got "${module}")`)
  })

const mutate = (files: ReadonlyArray<string>, tests: ReadonlyArray<string>, report: string) => {
  // For scripts/mutate.vitest.ts, which Stryker loads in a process of its own.
  process.env["BERCON_MUTATE"] = JSON.stringify({
    root: `packages/${name}`,
    include: tests.map((test) => `test/**/${test}{,.network}.test.ts`),
    // Code with all its mutants in it is several times slower.
    testTimeout: 60_000
  })
  return new Stryker({
    mutate: [...files],
    testRunner: "vitest",
    vitest: { configFile: "scripts/mutate.vitest.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner"],
    coverageAnalysis: "perTest",
    // Stryker would rewrite paths in `tsconfig.json` through the API of TypeScript, which TypeScript 7 does not have. The
    // paths here do not leave the copied tree, so there is nothing to rewrite: a name that does not exist turns it off.
    tsconfigFile: "not-rewritten.json",
    disableTypeChecks: false,
    ignorePatterns: ["dist", "reports"],
    tempDirName: ".stryker-tmp",
    reporters: ["progress-append-only", "clear-text", "html"],
    clearTextReporter: { logTests: false, reportTests: false, allowColor: process.stdout.isTTY },
    htmlReporter: { fileName: `reports/mutation/${report}.html` },
    allowConsoleColors: process.stdout.isTTY
  }).runMutationTest()
}

if (target.tests === "own") {
  for (const file of files) {
    const module = Path.basename(file, ".ts")
    await mutate([file], [module], `${name}-${module}`)
  }
} else {
  await mutate(files, target.tests, name)
}
