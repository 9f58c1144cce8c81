import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Step } from "../src/internal/plans/decide.ts"
import { compiled, type Faults, MINUTE, QUIET, simulate, START } from "./planSimulation.ts"

const DAY = 24 * 60 * MINUTE

// There are many tries, because a process that ends before it sends the command has used up one of them.
const plan = compiled({ lock: "1 minute", kick: { before: "10 seconds" }, tries: 10 })

const seed = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 31 - 1 }))

const appointmentOf = (step: Step) =>
  "appointment" in step ? step.appointment : assert.fail(`${step._tag} has no appointment`)

/** Checks the promises that are kept under all faults. */
const check = ({ orders, said, sent, server }: ReturnType<typeof simulate>) => {
  const keys = said.map(({ at, step }) => {
    const { occurrence, time } = appointmentOf(step)
    const lead = step._tag === "Warn" ? step.lead : assert.fail()
    assert.isAtLeast(at, time - lead, "a warning is not early")
    assert.isAtMost(at, time - lead / 2, "a warning is late by half of its lead at most")
    return `${occurrence} ${time} ${lead}`
  })
  assert.strictEqual(new Set(keys).size, keys.length, "no warning is announced twice")
  for (const [index, { step }] of said.entries()) {
    const before = said[index - 1]?.step
    if (before?._tag !== "Warn" || step._tag !== "Warn" || before.appointment.time !== step.appointment.time) continue
    assert.isBelow(step.lead, before.lead, "the remaining time gets shorter from warning to warning")
  }

  const occurrences = server.restarts.map(({ occurrence }) => occurrence)
  assert.strictEqual(new Set(occurrences).size, occurrences.length, "a server restarts once for an occurrence")
  for (const { at, step } of sent) {
    if (step._tag !== "Command" || step.attempt > 1) continue
    const { occurrence, time } = step.appointment
    assert.isAtLeast(at, time, "the command is not early")
    assert.isAtMost(at, time + plan.latest, "the command is not later than the plan allows")
    const ordered = orders.findLast((one) => one.at <= at && one.order.occurrence === occurrence)
    if (ordered !== undefined) assert.strictEqual(time, ordered.order.time, "the last order is obeyed")
  }
}

const outcomesOf = ({ finished }: ReturnType<typeof simulate>) => finished.map(({ outcome }) => outcome)

/** Checks that reported outcomes are true. This is promised only if the network has no outages. */
const checkClaims = ({ finished, server }: ReturnType<typeof simulate>) => {
  const restarted = new Set(server.restarts.map(({ occurrence }) => occurrence))
  for (const { occurrence, outcome } of finished) {
    if (outcome === "Unknown") continue
    assert.strictEqual(restarted.has(occurrence), outcome === "Restarted", `${outcome} was reported`)
  }
}

describe("each occurrence of a plan", () => {
  it.prop("announces each warning once and restarts once, without faults", { seed }, ({ seed }) => {
    const run = simulate(plan, seed, QUIET, START + DAY + 20 * MINUTE)
    check(run)
    assert.deepStrictEqual(outcomesOf(run), Array.from({ length: 6 }, () => "Restarted" as const))
    assert.strictEqual(run.said.length, 6 * 5)
    assert.strictEqual(run.server.restarts.length, 6)
    assert.deepStrictEqual(run.locks, Array.from({ length: 6 }, () => "Lock" as const))
  }, { arbitrary: { runs: 5 } })

  it.prop(
    "announces nothing twice, and restarts once or reports `Unknown`, no matter at which step its process is killed",
    { seed },
    ({ seed }) => {
      const run = simulate(plan, seed, { ...QUIET, crash: 0.2, downtime: 1500 }, START + DAY + 20 * MINUTE)
      check(run)
      checkClaims(run)
      // If processes are killed again and again, the outcome of the command can stay unknown. Then it is reported as
      // `Unknown`, and the command is not repeated.
      const unknown = outcomesOf(run).filter((outcome) => outcome === "Unknown").length
      assert.strictEqual(outcomesOf(run).filter((outcome) => outcome === "Restarted").length, 6 - unknown)
      assert.isAtLeast(run.server.restarts.length, 6 - unknown)
    },
    { arbitrary: { runs: 40 } }
  )

  it.prop("restarts in time, although the list of players can rarely be read", {
    seed,
    latest: Schema.Literals(["30 seconds", "5 minutes"])
  }, ({ latest, seed }) => {
    const impatient = compiled({ kick: { before: "10 seconds" }, latest })
    const run = simulate(impatient, seed, { ...QUIET, unread: 0.95 }, START + DAY + 20 * MINUTE)
    assert.deepStrictEqual(outcomesOf(run), Array.from({ length: 6 }, () => "Restarted" as const))
    for (const { at, step } of run.sent) {
      assert.isAtMost(at - appointmentOf(step).time, latest === "30 seconds" ? 20_000 : 35_000)
    }
  }, { arbitrary: { runs: 10 } })

  it.prop("restarts once, or reports `Unknown`, if commands or replies are lost", { seed }, ({ seed }) => {
    const run = simulate(plan, seed, { ...QUIET, loss: 0.3, crash: 0.02, downtime: 1500 }, START + DAY + 30 * MINUTE)
    check(run)
    checkClaims(run)
    assert.strictEqual(outcomesOf(run).filter((one) => one === "Restarted" || one === "Unknown").length, 6)
  }, { arbitrary: { runs: 40 } })

  it.prop("announces nothing twice, restarts at most once and obeys orders under all faults", { seed }, ({ seed }) => {
    const faults: Faults = {
      crash: 0.1,
      downtime: 30 * MINUTE,
      lateness: 2 * MINUTE,
      loss: 0.2,
      outage: 0.02,
      unread: 0.3,
      orders: 0.02
    }
    check(simulate(plan, seed, faults, START + DAY))
  }, { arbitrary: { runs: 40 } })
})
