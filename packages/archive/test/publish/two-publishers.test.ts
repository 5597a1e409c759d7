import { setImmediate as turn } from 'node:timers/promises'
import type { WritableObjects } from '@datastreamer/e2store/objects'
import { type Random, randomFrom } from '@datastreamer/fixtures/random'
import { describe, expect, test } from 'vitest'
import { PublishError } from '../../src/publish/publish-error.ts'
import type { PublishHistoryOptions } from '../../src/publish/publish-options.ts'
import { Crash, MemoryWorld } from './memory-world.ts'
import { PublishHarness } from './publish-harness.ts'
import { storedZstd } from './stored-zstd.ts'

/** A second publisher: the same stream and objects, a state of its own. */
function secondOf(harness: PublishHarness): PublishHarness['publish'] {
  const own = new MemoryWorld(randomFrom(1))
  return (options) => harness.publish({ state: own.session().state, ...options })
}

/** Objects that take their time: a write is there some turns after it was sent, or is answered some turns after it is there. */
function slow(harness: PublishHarness, random: Random): Pick<PublishHistoryOptions, 'destination'> {
  const { objects } = harness.world.session()
  const pause = async (): Promise<void> => {
    for (let turns = random(8); turns > 0; turns--) await turn()
  }
  const put: WritableObjects['put'] = async (...call) => {
    await pause()
    await objects.put(...call)
    await pause()
  }
  return { destination: { ...objects, put } }
}

interface Outcome {
  /** Publishers that stopped. */
  readonly stopped: number
  /** Whether there were two checkpoints of a size with different roots. */
  readonly isForked: boolean
}

/** Two publishers of one stream at the same time. What is left is a valid history of all of it, if one of them did not stop. */
async function race(seed: number, zstd: PublishHistoryOptions['zstd']): Promise<Outcome> {
  const harness = new PublishHarness(seed)
  const second = secondOf(harness)
  const random = randomFrom(seed)
  const roots = new Map<string, Set<string>>()
  harness.world.onChange = () => {
    const [, size = '', root = ''] = new TextDecoder().decode(harness.world.objects.get('checkpoint')).split('\n')
    roots.set(size, (roots.get(size) ?? new Set()).add(root))
  }
  harness.stream.append(100)
  const both = [
    harness.publish({ ...slow(harness, random), rest: true }),
    second({ ...slow(harness, random), zstd, rest: true }),
  ]
  const failures = (await Promise.allSettled(both)).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  for (const error of failures) {
    if (!(error instanceof PublishError && error.code === 'FOREIGN_CHECKPOINT')) throw error
  }
  if (failures.length < both.length) {
    const { valid } = await harness.check()
    expect(Number(valid.at(-1)?.end.number)).toBe(100)
  }
  return { stopped: failures.length, isForked: [...roots.values()].some(({ size }) => size > 1) }
}

describe('two publishers by mistake', () => {
  test.each([
    ['the same', storedZstd()],
    ['another', storedZstd(100)],
  ])('that take turns adopt what the other wrote, with %s compressor', async (_, zstd) => {
    const harness = new PublishHarness()
    const second = secondOf(harness)
    for (let turns = 0; turns < 3; turns++) {
      harness.stream.append(60)
      await harness.publish()
      harness.stream.append(60)
      await second({ zstd })
    }
    expect(harness.count('adopted')).toBeGreaterThan(3)
    await harness.check()
  })

  test('with other segments of the same entries: what was sealed here is not given up for them', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    const { objects, state } = harness.world.session({ crashAt: 8 })
    await expect(harness.publish({ destination: objects, state })).rejects.toThrow(Crash)
    expect(harness.count('sealed')).toBe(1)
    await secondOf(harness)({ segmentBytes: 900 })
    await expect(harness.publish()).rejects.toMatchObject({
      code: 'FOREIGN_CHECKPOINT',
      message: expect.stringContaining('its leaf 1 describes other entries'),
    })
  })

  test('into two histories: a checkpoint of the other is foreign, of any size', async () => {
    const [one, two] = [new PublishHarness(), new PublishHarness()]
    for (const [entries, more] of [
      [100, 0],
      [60, 40],
    ] as const) {
      const other = entries === 60 ? new PublishHarness() : two
      other.stream.append(100)
      other.stream.truncate(entries)
      await other.publish({ zstd: storedZstd(100) })
      if (more === 0) {
        one.stream.append(100)
        await one.publish()
      }
      one.world.set('checkpoint', other.world.objects.get('checkpoint') ?? new Uint8Array(0))
      await expect(one.publish()).rejects.toMatchObject({
        code: 'FOREIGN_CHECKPOINT',
        message: expect.stringContaining('it does not continue that'),
      })
    }
  })

  test('at the same time, with the same compressor, write the same log', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(await race(seed, storedZstd())).toEqual({ stopped: 0, isForked: false })
    }
  })

  test('at the same time, with different compressors, go on or find the fork: then one of them stops', async () => {
    const outcomes: Outcome[] = []
    for (let seed = 1; seed <= 40; seed++) outcomes.push(await race(seed, storedZstd(100)))
    for (const { stopped, isForked } of outcomes) {
      expect(stopped).toBeLessThan(2)
      if (isForked) expect(stopped).toBe(1)
    }
    expect(new Set(outcomes.map(({ isForked }) => isForked)).size).toBe(2)
  })
})
