/**
 * A process that drives a plan, and kills itself at one of its points: `planChild.ts PORT FOLDER POINT`. When it is
 * logged in it waits for a line with the time of the restart. If there are fewer points, it prints how many it has passed, and how the occurrence ended.
 */
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Effect } from "effect"
import { once } from "node:events"
import { drive } from "./planPoints.ts"

const [port, folder = "", killAt] = process.argv.slice(2)

const program = Effect.gen(function*() {
  // Nothing is left running if the test ends before.
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
