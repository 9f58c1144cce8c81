/**
 * Finds the words that a mistyped word may mean.
 */

/** The number of characters to insert, delete or replace, so that one word becomes the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [deleted, character] of Array.from(from).entries()) {
    const next = [deleted + 1]
    for (let at = 1; at <= to.length; at++) {
      const replaced = row[at - 1]! + (to[at - 1] === character ? 0 : 1)
      next.push(Math.min(replaced, row[at]! + 1, next[at - 1]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}

/** The maximum distance. The suggestions of `effect/cli` have the same. */
const FARTHEST = 2

/** The words that are nearest to a mistyped one. Empty if none is near. */
export const nearest = (mistyped: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const distances = words.map((word) => distance(mistyped, word))
  const least = Math.min(...distances)
  return least > FARTHEST ? [] : words.filter((_, at) => distances[at] === least)
}
