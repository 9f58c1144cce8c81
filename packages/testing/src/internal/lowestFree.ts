/** The lowest number from `first` on that is not among `numbers`. Servers number players and admins in this way. */
export const lowestFree = (numbers: Iterable<number>, first = 0): number => {
  const taken = new Set(numbers)
  let number = first
  while (taken.has(number)) number++
  return number
}
