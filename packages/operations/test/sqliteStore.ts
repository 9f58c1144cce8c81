/**
 * `KeyValueStore.layerSql` on SQLite: the SQL store of the tests. Each layer has its own connection, as if on its own machine.
 */
import { Effect, Layer, Stream } from "effect"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"

const connection = (database: DatabaseSync): Connection => {
  const run = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.try({
      try: () => database.prepare(sql).all(...params as ReadonlyArray<SQLInputValue>),
      catch: (cause) => new SqlError.SqlError({ reason: new SqlError.UnknownError({ cause }) })
    })
  const values = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.map(run(sql, params), (rows) => rows.map((row) => Object.values(row)))
  return {
    execute: run,
    executeRaw: run,
    executeUnprepared: run,
    executeStream: (sql, params) => Stream.fromIterableEffect(run(sql, params)),
    executeValues: values,
    executeValuesUnprepared: values
  }
}

/** A store in the SQLite database `file`. */
export const layer = (file: string): Layer.Layer<KeyValueStore.KeyValueStore> =>
  KeyValueStore.layerSql().pipe(
    Layer.provide(Layer.effect(
      SqlClient.SqlClient,
      Effect.gen(function*() {
        const database = yield* Effect.acquireRelease(
          Effect.sync(() => new DatabaseSync(file)),
          (database) => Effect.sync(() => database.close())
        )
        return yield* SqlClient.make({
          acquirer: Effect.succeed(connection(database)),
          compiler: Statement.makeCompilerSqlite(),
          driver: "node:sqlite",
          spanAttributes: []
        })
      })
    )),
    Layer.provide(Reactivity.layer)
  )
