/**
 * The error that ends the demo early: something that it waited for did not happen.
 */
import { Data } from "effect"

export class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly message: string }> {}
