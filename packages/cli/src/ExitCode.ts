/**
 * The exit codes of `bercon`, for scripts. They are documented in the README, and do not change.
 */
export const ExitCode = {
  /** Everything was done. */
  done: 0,
  /** A bug of `bercon` itself. */
  defect: 1,
  /** The command line, a variable or a file is invalid. Nothing was sent. */
  usage: 2,
  /** The server refused the password. */
  refused: 3,
  /** The server did not answer the login, or a command. */
  noAnswer: 4,
  /** The server could not be reached: its name has no address, or no socket could be opened. */
  transport: 5,
  /** There is no such player, ban or plan, or the server did not run the command, or its answer cannot be read. */
  failed: 6,
  /** The server took the command, but gave no evidence of its effect in time. */
  unconfirmed: 7,
  /** Some of several servers, targets, commands or rounds failed, or all failed with different codes. */
  someFailed: 8,
  /** The result could not be written to standard output, for example because a disk is full. */
  output: 9
} as const

/** One of the exit codes. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode]
