/**
 * Makes instances of schema classes at the cost of an object literal.
 */
import type * as Schema from "effect/Schema"

/**
 * Makes an instance of a schema class from fields that the caller has validated. It equals the result of `new`, without
 * the second validation, which costs more than parsing the text.
 *
 * Invalid fields stay invalid: use it only in parsers whose patterns are as strict as the schema.
 */
export const trusted = <Fields extends Schema.Struct.Fields, Self extends object>(
  schemaClass: { readonly fields: Fields; new(fields: never): Self },
  fields: Schema.Struct.Type<Fields>
): Self => Object.assign(Object.create(schemaClass.prototype) as Self, fields)
