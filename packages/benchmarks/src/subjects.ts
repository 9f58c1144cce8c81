/**
 * The measured clients by name.
 */
import type { Subject } from "./client.ts"

/** All clients. Each is loaded when needed, so that a process has the cost of one client only. */
export const subjects = {
  bare: (): Promise<Subject> => import("./bare.ts"),
  session: (): Promise<Subject> => import("./session.ts"),
  client: (): Promise<Subject> => import("./rconClient.ts"),
  "Effect's socket": (): Promise<Subject> => import("./effectSocket.ts"),
  senfo: (): Promise<Subject> => import("./senfo.ts")
}

export type Name = keyof typeof subjects

export const names = Object.keys(subjects) as ReadonlyArray<Name>

/** A value for each client. */
export const each = <A>(value: (name: Name) => A): Record<Name, A> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, A>
