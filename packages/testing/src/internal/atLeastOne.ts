/** Returns the value if it is a positive integer. Throws a `RangeError` otherwise. */
export const atLeastOne = (name: string, value: number): number => {
  if (Number.isInteger(value) && value >= 1) return value
  throw new RangeError(`${name} must be a positive integer (got ${value})`)
}
