/**
 * Changes of the list of servers, as pure functions of the list.
 */
import type { Changes } from "@bercon/fleet/Fleet"
import { DuplicateServer, type InvalidServer, UnknownServer } from "@bercon/fleet/FleetError"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import type { ListedServer } from "../Wire.ts"
import * as Settings from "./serverSettings.ts"

type ServerSettings = ListedServer["settings"]
type Listed = ReadonlyArray<ListedServer>

export interface Attempt {
  /** The name of the change. It becomes the generation of each server that the change adds or replaces. */
  readonly name: string
  /** How many changes were made to the list before. */
  readonly revision: number
}

/** Makes the next list from the current one: the same array if nothing changes. */
export type Change<A, E> = (
  servers: Listed,
  attempt: Attempt
) => Result.Result<{ readonly servers: Listed; readonly value: A }, E>

const done = <A>(servers: Listed, value: A) => Result.succeed({ servers, value })

const isOf = (id: string) => (entry: ListedServer): boolean => entry.id === id

export const add =
  (id: string, settings: ServerSettings): Change<void, DuplicateServer | InvalidServer> => (servers, { name }) => {
    if (servers.some(isOf(id))) return Result.fail(new DuplicateServer({ id }))
    if (servers.length >= Settings.MAX_SERVERS) return Result.fail(Settings.tooMany(id))
    return done([...servers, { id, generation: name, settings }], undefined)
  }

export const remove = (id: string): Change<void, UnknownServer> => (servers) =>
  servers.some(isOf(id))
    ? done(servers.filter((entry) => entry.id !== id), undefined)
    : Result.fail(unknown(id, servers))

export const replace = (id: string, settings: ServerSettings): Change<void, UnknownServer> => (servers, { name }) =>
  servers.some(isOf(id))
    ? done(servers.map((entry) => entry.id === id ? { id, generation: name, settings } : entry), undefined)
    : Result.fail(unknown(id, servers))

export const reconcile =
  (wanted: ReadonlyMap<string, ServerSettings>): Change<Changes, never> => (servers, { name: generation }) => {
    const added = [...wanted.keys()].filter((id) => !servers.some(isOf(id)))
    const removed = servers.flatMap(({ id }) => wanted.has(id) ? [] : [id])
    const replaced = servers.flatMap(({ id, settings }) =>
      wanted.has(id) && !Equal.equals(settings, wanted.get(id)) ? [id] : []
    )
    const changes: Changes = { added, removed, replaced }
    const next = Array.from(wanted, ([id, settings]): ListedServer => {
      const before = servers.find(isOf(id))
      return before === undefined || replaced.includes(id) ? { id, generation, settings } : before
    })
    const isSame = next.length === servers.length && next.every((entry, i) => entry === servers[i])
    return done(isSame ? servers : next, changes)
  }

/** Like {@link reconcile}, but leaves the list as it is if it was ever changed. */
export const begin = (wanted: ReadonlyMap<string, ServerSettings>): Change<void, never> => (servers, attempt) =>
  attempt.revision > 0
    ? done(servers, undefined)
    : Result.map(reconcile(wanted)(servers, attempt), ({ servers }) => ({ servers, value: undefined }))

const unknown = (id: string, servers: Listed) => new UnknownServer({ id, known: servers.map(({ id }) => id) })
