import { tempDir } from '@datastreamer/fixtures'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { Chain } from './support/chain.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { near } from './support/options.ts'
import { Rows } from './support/rows.ts'

const steps = fc.array(
  fc.record({
    t: fc.constantFrom('append', 'rewrite', 'rewrite unseen', 'drop', 'read'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    count: fc.nat(30),
  }),
  { minLength: 1, maxLength: 12 },
)

test('exactly the blocks of the chain, whatever is dropped and rewritten, seen or not', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.nat(4000), { maxLength: 6 }), async (todo, drops) => {
      using dir = tempDir()
      await using chain = await Chain.start(dir.join('stream.bin'))
      await chain.append(10)
      await using proxy = await FaultProxy.start(chain.port, (index) => ({ dropDown: drops[index] }))
      await using client = new StreamClient(near(proxy, { backoff: { minMs: 0, maxMs: 1 } }))
      const rows = new Rows()
      const events = client.blockEvents({ after: [] })
      for (const { t, at, count } of todo) {
        const number = Math.floor(at * (chain.blocks.length - 1))
        if (t === 'append') await chain.append(count)
        else if (t === 'drop') proxy.drop()
        else if (t === 'read') await rows.catchUp(events, chain)
        else if (number >= 0) {
          if (t === 'rewrite unseen') await chain.unlisten()
          await chain.rewrite(number, count)
          if (t === 'rewrite unseen') {
            await chain.listen()
            proxy.target = chain.port
          }
        }
      }
      await chain.append(1)
      await rows.catchUp(events, chain)
      expect(rows.blocks.map(({ number, hash }) => [Number(number), hash[0]])).toEqual(
        chain.blocks.map(({ number, hash }) => [number, hash[0]]),
      )
    }),
    { numRuns: 10 },
  )
})
