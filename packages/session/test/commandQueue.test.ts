import { assert, describe, it } from "@effect/vitest"
import { CommandQueue } from "../src/internal/commandQueue.ts"

const command = (order: number) => ({ order })
const orders = (queue: CommandQueue<{ readonly order: number }>) => [...queue].map(({ order }) => order)

describe("the command queue", () => {
  it("returns commands in the order of submission", () => {
    const queue = new CommandQueue(3)
    assert.strictEqual(queue.first, undefined)
    for (const order of [0, 1, 2]) assert.isTrue(queue.add(command(order)))
    assert.strictEqual(queue.first?.order, 0)
    assert.deepStrictEqual(orders(queue), [0, 1, 2])
  })

  it("returns commands of a lost session first, even if several sessions were lost", () => {
    const queue = new CommandQueue(9)
    for (const order of [1, 5]) queue.add(command(order))
    queue.addAgain([command(4), command(0)])
    queue.addAgain([command(3), command(2)])
    assert.strictEqual(queue.first?.order, 0)
    assert.deepStrictEqual(orders(queue), [0, 2, 3, 4, 1, 5])
  })

  it("rejects unsent commands beyond its capacity, and always accepts commands that were sent", () => {
    const queue = new CommandQueue(2)
    assert.deepStrictEqual([0, 1, 2].map((order) => queue.add(command(order))), [true, true, false])
    queue.addAgain([3, 4, 5].map(command))
    assert.deepStrictEqual([queue.size, queue.waiting], [5, 2])
    assert.deepStrictEqual(orders(queue), [3, 4, 5, 0, 1])
  })

  it("loses every deleted command, sent before or not, even during an iteration", () => {
    const queue = new CommandQueue(2)
    const [sent, first, second] = [command(0), command(1), command(2)]
    queue.add(first)
    queue.add(second)
    queue.addAgain([sent])
    const seen: Array<number> = []
    for (const each of queue) {
      seen.push(each.order)
      if (each !== second) queue.delete(each)
    }
    queue.delete(first)
    assert.deepStrictEqual(seen, [0, 1, 2])
    assert.deepStrictEqual(orders(queue), [2])
    assert.isTrue(queue.add(command(3)))
  })
})
