/**
 * The seed of properties: a set-up file of all tests.
 *
 * `pnpm test` checks properties always with the same inputs, so that a failure belongs to the change that is tested. A soak takes
 * others, and prints their seed. `BERCON_SEED` repeats them.
 */
import * as Arbitrary from "effect/Arbitrary"

const { BERCON_SEED, BERCON_SOAK } = process.env

const seed = Number(BERCON_SEED ?? (BERCON_SOAK === undefined ? 1 : Math.floor(Math.random() * 2 ** 31)))
if (BERCON_SOAK !== undefined) console.log(`BERCON_SEED=${seed}`)

Arbitrary.configureGlobal({ check: { seed } })
