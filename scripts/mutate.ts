/**
 * Mutation testing: changes the source in small ways, one at a time, and lists the changes that no test detects.
 *
 * ```sh
 * npx -y pnpm@12 mutate codec                       # the pure modules of a package
 * npx -y pnpm@12 mutate codec Text checksum         # two of its modules
 * npx -y pnpm@12 mutate codec Text --concurrency 1  # in one process. Default: about one for each core
 * ```
 *
 * Run it by hand: CI does not, because one package takes minutes. It works on a copy of the tree. The output ends with one
 * line for each change that no test detects. The report for a browser is in `reports/mutation`. The corpus of real server
 * texts is outside the copy, so tests that need it are skipped, and other tests must detect each change.
 *
 * If no test can detect a change, because it has no observable effect, mark the place with the reason:
 * `// Stryker disable next-line EqualityOperator: both give the same bytes`.
 */
import { Stryker } from "@stryker-mutator/core"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { parseArgs } from "node:util"

interface Target {
  /** The modules to mutate: names below `src`, without `.ts`. */
  readonly modules: ReadonlyArray<string>
  /**
   * The tests to run: names of files without `.test.ts`, or of folders. Choose fast tests, because they run for every
   * mutant. A function chooses the tests for each module, by the module's name without folders.
   */
  readonly tests: ReadonlyArray<string> | ((module: string) => ReadonlyArray<string>)
}

/** For modules of the session without tests of their own name: the module whose tests cover them. */
const sessionTests: Readonly<Record<string, string>> = {
  inFlight: "outbound",
  ticket: "outbound",
  lateness: "sequenceNumbers",
  sendOrder: "sequenceNumbers"
}

/** The tests of modules of the client. The default is the tests of the module's own name. */
const clientTests: Readonly<Record<string, ReadonlyArray<string>>> = {
  banRows: ["{banRows,banWatch,incompleteLists}"],
  bansReply: ["bansReply", "reforger/everyForm"],
  exchange: ["reforger/{exchange,strays,unreadTexts}"],
  expectationOf: ["reforger/{bansReply,everyForm,exchange,expectationOf,outcomes,playersReply,strays,unreadTexts}"],
  messages: ["reforger/{everyForm,messages}"],
  outcomes: ["reforger/{outcomes,strays}"],
  patterns: ["battleye/*Reply", "{ServerEvent,eventImitation}", "KickReason"],
  playerTarget: ["{incompleteLists,namedPlayer,playerTarget}"],
  playersReply: ["playersReply", "reforger/everyForm"],
  readEvent: ["{ServerEvent,eventImitation,eventPlayers}"],
  replyLines: ["battleye/*Reply"],
  rows: ["reforger/{bansReply,everyForm,playersReply}"],
  strays: ["reforger/{exchange,strays,unreadTexts}"],
  tables: ["{incompleteLists,tables}"]
}

/** The tests of modules of operations. The default is the tests of plans on a simulated server. */
const operationsTests: Readonly<Record<string, ReadonlyArray<string>>> = {
  BansFile: ["BansFile"],
  banDecision: ["{banDecision,BanBook}"],
  calendar: ["{RestartPlan,calendar}"],
  checks: ["{RestartPlan,Rota}"],
  decide: ["{steps,transitions}"],
  mark: ["{mark,BansFile}"],
  newEntry: ["{BanBook,BansFile,mark}"],
  progress: ["transitions"],
  text: ["{RestartPlan,text}"],
  transitions: ["transitions"],
  victims: ["victims"]
}

/**
 * The tests of a session in the cluster: the default for modules of the cluster. Without `manyCalls`, which takes seconds. It
 * tests the number of calls that `ServerEntity` remembers.
 */
const ofSessions = ["oneSession", "moves", "connections", "ServerEntity", "RemoteSession"]

/** The tests of modules of the cluster. The default is `ofSessions`. */
const clusterTests: Readonly<Record<string, ReadonlyArray<string>>> = {
  calls: ["{calls,manyCalls}", "moves", "RemoteSession"],
  feed: ["feed", "moves", "connections"],
  listKeeper: ["ServerList"],
  listMember: ["ServerList"],
  remote: ["remote"],
  ServerEntity: [...ofSessions, "definitions"],
  sessionFeed: ["sessionFeed", "ServerEntity"],
  Servers: ["Servers", "ClusterFleet", "oneSession"]
}
/** The modules of the cluster that need only the tests of their own name. */
const ofCluster: ReadonlySet<string> = new Set([
  "ClusterFleet",
  "RunnerWatch",
  "ShardLocks",
  "listChanges",
  "serverSettings"
])

const targets: Record<string, Target> = {
  codec: {
    modules: ["**/*"],
    tests: ["DecodeError", "Packet", "PacketSchema", "Reassembly", "Text"]
  },
  session: {
    modules: [
      "internal/{sequenceNumbers,lateness,sendOrder,reorderBuffer,roundTrip,retransmission}",
      "internal/{commandQueue,liveness,login,outbound,inFlight,ticket}",
      "SessionMachine"
    ],
    tests: (module) => [sessionTests[module] ?? module]
  },
  operations: {
    modules: [
      "internal/plans/{calendar,checks,decide,progress,text,transitions,turns}",
      "internal/bans/{banDecision,victims,mark,newEntry}",
      "BansFile"
    ],
    tests: (module) => operationsTests[module] ?? ["{Plans,PlanOrders,Rota}"]
  },
  client: {
    modules: [
      "internal/battleye/{*Reply,replyLines}",
      "internal/reforger/{bansReply,exchange,expectationOf,messages,outcomes,playersReply,rows,strays}",
      "internal/{readEvent,patterns,playerTarget,tables,banRows,identification,splitText}",
      "{KickReason,Guid}"
    ],
    tests: (module) => clientTests[module] ?? [module]
  },
  fleet: {
    modules: ["{Fleet,NodeFleet}", "internal/{makeFleet,subscriptions,serversFile,textFile,problem}"],
    tests: (module) =>
      ["NodeFleet", "serversFile", "textFile"].includes(module)
        ? ["NodeFleet"]
        : ["subscriptions", "Fleet", "changes", "events"]
  },
  cluster: {
    modules: [
      "{ClusterFleet,RunnerWatch,ServerEntity,Servers,ShardLocks}",
      "internal/{calls,feed,listChanges,listKeeper,listMember,remote,serverSettings,sessionFeed}"
    ],
    tests: (module) => ofCluster.has(module) ? [module] : clusterTests[module] ?? ofSessions
  }
}

const fail = (message: string): never => {
  process.stderr.write(`${message}\nusage: pnpm mutate PACKAGE [MODULE...] [--concurrency N]\n`)
  process.exit(2)
}

const { positionals: [name = "", ...modules], values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  allowPositionals: true,
  options: { concurrency: { type: "string" } }
})
const concurrency = values.concurrency === undefined ? undefined : Number(values.concurrency)
if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
  fail(`--concurrency must be a positive integer (got "${values.concurrency}")`)
}
const target = targets[name] ?? fail(`PACKAGE must be one of ${Object.keys(targets).join(", ")} (got "${name}")`)
const files = modules.length === 0
  ? target.modules.flatMap((module) => Fs.globSync(`packages/${name}/src/${module}.ts`))
  : modules.flatMap((module) => {
    const found = Fs.globSync(`packages/${name}/src/**/${module}.ts`)
    return found.length > 0 ? found : fail(`MODULE must be a file in packages/${name}/src (got "${module}")`)
  })

const mutate = (files: ReadonlyArray<string>, tests: ReadonlyArray<string>, report: string) => {
  // Read by scripts/mutate.vitest.ts, which Stryker loads in another process.
  process.env["BERCON_MUTATE"] = JSON.stringify({
    name,
    test: {
      root: `packages/${name}`,
      include: tests.map((test) => `test/**/${test}{,/*}.test.ts`),
      // Stryker puts all mutants of a file into its code, which makes the tests several times slower.
      testTimeout: 60_000
    }
  })
  return new Stryker({
    mutate: [...files],
    testRunner: "vitest",
    vitest: { configFile: "scripts/mutate.vitest.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner"],
    coverageAnalysis: "perTest",
    // Stryker would rewrite paths in `tsconfig.json` through the API of TypeScript, which TypeScript 7 no longer has.
    // No path here leaves the copied tree, so there is nothing to rewrite. The name of a file that does not exist
    // prevents the attempt.
    tsconfigFile: "not-rewritten.json",
    disableTypeChecks: false,
    ignorePatterns: ["dist", "reports"],
    tempDirName: ".stryker-tmp",
    reporters: ["progress-append-only", "clear-text", "html"],
    clearTextReporter: { logTests: false, reportTests: false, allowColor: process.stdout.isTTY },
    htmlReporter: { fileName: `reports/mutation/${report}.html` },
    allowConsoleColors: process.stdout.isTTY,
    ...(concurrency !== undefined && { concurrency })
  }).runMutationTest()
}

type Mutants = Awaited<ReturnType<typeof mutate>>
/** A line for each mutant that no test detects: its place, and its code, cut if it is long. */
const undetected = (mutants: Mutants): ReadonlyArray<string> =>
  mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage").toSorted(
    (a, b) => a.fileName.localeCompare(b.fileName) || a.location.start.line - b.location.start.line
  ).map(
    ({ fileName, location: { start }, mutatorName, replacement, status }) => {
      const code = replacement.replaceAll(/\s+/g, " ")
      const place = `${Path.relative(process.cwd(), fileName)}:${start.line}:${start.column}`
      return `${place} ${mutatorName}: ${code.length > 80 ? `${code.slice(0, 80)}...` : code} (${status})`
    }
  )

const all: Array<Mutants[number]> = []
if (typeof target.tests === "function") {
  for (const file of files) {
    const module = Path.basename(file, ".ts")
    all.push(...await mutate([file], target.tests(module), `${name}-${module}`))
  }
} else {
  all.push(...await mutate(files, target.tests, name))
}
const lines = undetected(all)
process.stdout.write(`${lines.length} of ${all.length} mutants were not detected\n${lines.join("\n")}\n`)
