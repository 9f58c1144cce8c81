/**
 * A process that drives a plan, and kills itself at one of the points of `planPoints.ts`: `planChild.ts PORT FOLDER POINT`.
 * When it is logged in, it prints `ready`, and waits for a line with the time of the restart. If it ends without reaching the
 * point, it prints how many points it has passed, and the outcome of the restart.
 */
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Effect } from "effect"
import { once } from "node:events"
import { drive } from "./planPoints.ts"

const [port, folder = "", killAt] = process.argv.slice(2)

const program = Effect.gen(function*() {
  // If the test ends early, this process ends, too.
  process.stdin.on("end", () => process.exit(1))
  const time = Effect.suspend(() => {
    console.log("ready")
    return Effect.promise(() => once(process.stdin, "data"))
  })
  let passed = 0
  const outcome = yield* drive({ port: Number(port), folder, time: Effect.map(time, ([line]) => Number(line)) }, () => {
    passed++
    if (passed === Number(killAt)) process.kill(process.pid, "SIGKILL")
  })
  console.log(`${passed} points ${outcome._tag}`)
  process.exit(0)
})

NodeRuntime.runMain(program)
