/**
 * Makes exchanges in a given state, and the outcomes that tests expect.
 */
import { Exchange, type Outcome } from "../../src/internal/reforger/exchange.ts"
import { expectationOf, looseExpectationOf } from "../../src/internal/reforger/expectationOf.ts"

/** The default `ReplyWindow`, in milliseconds. */
export const WINDOW = { first: 1200, quiet: 450, longest: 5000 }

/** An exchange in which no command is in progress. */
export const fresh = () => new Exchange(expectationOf)

/** An exchange whose command the server acknowledged at time 0. */
export const sent = (command: string, exchange = fresh(), expectation = expectationOf(command)) => {
  exchange.begin(command, expectation, WINDOW, Infinity)
  exchange.acknowledged(0)
  return exchange
}

/** The same for a command that a person typed. */
export const typed = (command: string, exchange = fresh()) => sent(command, exchange, looseExpectationOf(command))

/** The complete output of the first execution. */
export const complete = (...texts: ReadonlyArray<string>): Outcome => ({ _tag: "Complete", texts, repeated: false })
/** Complete output that may be from a second execution. */
export const again = (...texts: ReadonlyArray<string>): Outcome => ({ _tag: "Complete", texts, repeated: true })
export const INCOMPLETE: Outcome = { _tag: "Incomplete" }
