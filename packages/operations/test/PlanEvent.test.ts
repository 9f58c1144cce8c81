import { PlanEvent } from "@bercon/operations"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"

const at = {
  plan: "nightly",
  server: "altis",
  occurrence: DateTime.makeUnsafe("2026-03-28T03:00:00Z"),
  time: DateTime.makeUnsafe("2026-03-28T04:00:00Z")
}

const warning = { ...at, lead: Duration.minutes(5) }

const texts: ReadonlyArray<readonly [PlanEvent.PlanEvent, string]> = [
  [new PlanEvent.Appointed(at), "next restart at 2026-03-28T04:00:00.000Z"],
  [
    new PlanEvent.Warned({ ...warning, text: "Restart in 5 minutes", execution: "Executed" }),
    "players warned 5m before the restart: Restart in 5 minutes"
  ],
  [
    new PlanEvent.WarningSkipped({ ...warning, reason: "Late" }),
    "the warning 5m before the restart is left out (Late)"
  ],
  [new PlanEvent.Locked(at), "locked"],
  [new PlanEvent.Unlocked(at), "unlocked"],
  [new PlanEvent.PlayersKicked({ ...at, kicked: 3, failed: 0 }), "players kicked: 3"],
  [new PlanEvent.PlayersKicked({ ...at, kicked: 3, failed: 1 }), "players kicked: 3; may still be there: 1"],
  [new PlanEvent.Commanded({ ...at, attempt: 1, execution: "Executed" }), "restart command sent"],
  [
    new PlanEvent.Commanded({ ...at, attempt: 2, execution: "MaybeExecuted" }),
    "restart command sent (attempt 2) (no reply: it may not have arrived)"
  ],
  [new PlanEvent.Gone(at), "offline: the server is restarting"],
  [new PlanEvent.NotBack({ ...at, since: at.time, count: 1 }), "not back: offline since 2026-03-28T04:00:00.000Z"],
  [new PlanEvent.Restarted({ ...at, took: Duration.seconds(40) }), "restarted in 40s"],
  [
    new PlanEvent.NotRestarted({ ...at, reason: "Aborted" }),
    "no restart at 2026-03-28T04:00:00.000Z: it was aborted"
  ],
  [
    new PlanEvent.StepFailed({ ...at, step: "Kick", problem: "the list of players could not be read in time" }),
    "Kick failed: the list of players could not be read in time"
  ],
  [new PlanEvent.Said({ ...at, text: "Be kind", execution: "Executed" }), "announced: Be kind"]
]

describe("an event of a plan", () => {
  it.each(texts.map(([event, text]) => [text, event] as const))("is described in one line: %s", (text, event) => {
    assert.strictEqual(PlanEvent.format(event), text)
  })
})
