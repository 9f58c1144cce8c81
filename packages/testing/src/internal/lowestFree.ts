/** The lowest number, from `first`, that none of these is: how servers number players and administrators. */
export const lowestFree = (numbers: Iterable<number>, first = 0): number => {
  const taken = new Set(numbers)
  let number = first
  while (taken.has(number)) number++
  return number
}
