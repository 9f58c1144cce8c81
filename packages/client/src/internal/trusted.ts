/**
 * Instances of schema classes at the price of an object.
 */
import type * as Schema from "effect/Schema"

/**
 * An instance of a schema class from fields that the caller has validated already. It is what `new` would have made,
 * without the second validation, which costs more than reading the row did.
 *
 * Whatever is wrong with the fields stays wrong: only for readers whose patterns are as strict as the schema.
 */
export const trusted = <Fields extends Schema.Struct.Fields, Self extends object>(
  schemaClass: { readonly fields: Fields; new(fields: never): Self },
  fields: Schema.Struct.Type<Fields>
): Self => Object.assign(Object.create(schemaClass.prototype) as Self, fields)
