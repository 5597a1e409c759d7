import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Queue } from './queue.ts'

test('is an array without the price', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('push', 'push', 'shift', 'clear')), (steps) => {
      const queue = new Queue<number>()
      let model: number[] = []
      for (const [i, step] of steps.entries()) {
        if (step === 'push') {
          queue.push(i)
          model.push(i)
        } else if (step === 'shift') {
          expect(queue.shift()).toBe(model.shift())
        } else if (i % 5 === 0) {
          expect(queue.clear()).toEqual(model)
          model = []
        }
        expect([queue.size, queue.first, queue.toArray()]).toEqual([model.length, model[0], model])
      }
    }),
  )
})
