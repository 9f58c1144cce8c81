/** The lowest number, from 0, that none of these is: how servers number players and administrators. */
export const lowestFree = (numbers: Iterable<number>): number => {
  const taken = new Set(numbers)
  let number = 0
  while (taken.has(number)) number++
  return number
}
