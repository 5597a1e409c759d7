import type { StoredObject } from '@datastreamer/e2store/objects'
import { flipBits, oneOf, type Random, randomFrom } from '@datastreamer/fixtures/random'
import { type Entry, type Header, StreamError } from '@datastreamer/format'
import {
  assembleBatches,
  assembleBlocks,
  batchBookmark,
  blockBookmark,
  type FullBatch,
  type FullL2Block,
  generateStream,
} from '@datastreamer/sequencer-entries'
import type { History } from '../../src/index.ts'
import { endOf } from '../../src/leaf/leaf.ts'
import { decodeLookup, encodeLookup, type Lookup } from '../../src/leaf/lookup.ts'
import { historyOfBlocks, TestHistory } from './make-history.ts'
import { collect, opened } from './open-history.ts'

/** A history, and what is true of it. */
export interface Subject {
  readonly made: TestHistory
  readonly blocks: readonly FullL2Block[]
  readonly batches: readonly FullBatch[]
  readonly good: ReadonlyMap<string, StoredObject>
  /** Objects of another log of the same form. */
  readonly forged: ReadonlyMap<string, StoredObject>
  readonly keys: readonly string[]
}

/** A few segments of several records, and an epoch. */
export async function smallSubject(): Promise<Subject> {
  return subjectOf(async (seed) => {
    const made = await historyOfBlocks(4, 20, { fill: 80_000, seed, systemId: seed })
    const taken = made.leaves[3]
    if (taken?.kind !== 'segment') throw new Error('no segment')
    made.openEpoch(taken.start.number)
    for (const firstBlock of [40n, 55n]) await made.add([...generateStream({ firstBlock, blocks: 15n, seed })])
    return made
  })
}

/** More than a bundle of leaves, and epochs. */
export async function largeSubject(): Promise<Subject> {
  return subjectOf(async (seed) => {
    const made = new TestHistory({ encoding: 'protobuf', systemId: seed })
    const add = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) await made.add([...generateStream({ firstBlock: BigInt(i), blocks: 1n, seed })])
    }
    await add(0, 290)
    for (const at of [270, 200]) {
      const taken = made.leaves[1 + at]
      if (taken?.kind !== 'segment') throw new Error('no segment')
      made.openEpoch(taken.start.number)
      await add(at, at + 20)
    }
    return made
  })
}

async function subjectOf(make: (seed: bigint) => Promise<TestHistory>): Promise<Subject> {
  const [made, other] = [await make(1n), await make(2n)]
  for (const each of [made, other]) await each.publish()
  const blocks = await collect(assembleBlocks(made.entries, { generation: 'protobuf', endIsBoundary: true }))
  const batches = await collect(assembleBatches(made.entries, { generation: 'protobuf' }))
  // Nothing else is read of it.
  const keys = [...made.objects.stored.keys()].filter((key) => !/^tile\/[01]/.test(key))
  const forged = new Map([...other.objects.stored].filter(([key]) => key !== 'checkpoint'))
  // What another log has under its own keys is no change of this one.
  for (const [key, object] of forged) if (!made.objects.stored.has(key)) made.objects.stored.set(key, object)
  return { made, blocks, batches, good: new Map(made.objects.stored), forged, keys }
}

/** Change one object, or put those of another log in the place of some. */
function mutate(subject: Subject, random: Random): void {
  const { made, good, keys } = subject
  const { stored } = made.objects
  if (random(6) === 0) {
    forge(subject, random)
    return
  }
  // Segments are many, and the objects that say what they are, few.
  const others = keys.filter((key) => !key.startsWith('segment/'))
  const key = oneOf(random(2) === 0 ? others : keys, random)
  const object = good.get(key)
  if (object === undefined) return
  const { bytes } = object
  const ways: readonly (() => Uint8Array | undefined)[] = [
    () => flipped(bytes, random),
    () => flipped(bytes, random),
    () => flipped(bytes, random),
    () => bytes.slice(0, random(bytes.length)),
    () => Uint8Array.of(...bytes, ...bytes.subarray(0, 1 + random(40))),
    () => good.get(oneOf(keys, random))?.bytes,
    () => moved(bytes, random),
    () => undefined,
  ]
  const changed = oneOf(ways, random)()
  if (changed === undefined) stored.delete(key)
  else stored.set(key, { ...object, bytes: changed })
}

/** Another log's objects that say what segments are, all or some of them; or a lookup that is partly of another log. */
function forge(subject: Subject, random: Random): void {
  const { stored } = subject.made.objects
  for (const [key, object] of subject.forged) {
    if (!key.startsWith('segment/') && random(3) > 0) stored.set(key, object)
  }
  const lookups = forgedLookups(subject, random)
  if (lookups.length > 0) putLookup(subject, oneOf(lookups, random))
}

/** Lookups that are partly of another log. */
export function forgedLookups({ made, good, forged }: Subject, random: Random): readonly Lookup[] {
  const size = made.leaves.length
  const key = `lookup/${size}`
  const [mine, other] = [good.get(key), forged.get(key)]
  if (mine === undefined || other === undefined) return []
  const [a, b] = [decodeLookup(mine.bytes, size, key), decodeLookup(other.bytes, size, key)]
  const rows = a.rows.map((row, i) => ({ ...row, ...(random(3) === 0 ? b.rows[i] : {}), hash: row.hash }))
  return [
    { ...a, first: b.first },
    { ...a, first: { ...a.first, leaf: b.first.leaf } },
    { ...a, last: b.last },
    { ...a, last: b.last, edge: b.edge },
    { ...a, rows },
    { ...a, rows: b.rows },
    { ...b, first: a.first },
    b,
  ]
}

export function putLookup({ made, good }: Subject, lookup: Lookup): void {
  const key = `lookup/${made.leaves.length}`
  const object = good.get(key)
  if (object !== undefined) made.objects.stored.set(key, { ...object, bytes: encodeLookup(lookup) })
}

function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  // Often near the beginning, where there are lengths and numbers.
  flipBits(copy, random, 0, random(2) === 0 ? Math.min(400, copy.length) : copy.length)
  return copy
}

/** Some bytes at the place of others. */
function moved(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  copy.copyWithin(random(copy.length), random(copy.length), random(copy.length))
  return copy
}

export function restore({ made, good }: Subject): void {
  for (const [key, object] of good) if (made.objects.stored.get(key) !== object) made.objects.stored.set(key, object)
}

/** A question, and its answer. */
interface Question {
  readonly ask: (history: History) => Promise<unknown>
  readonly truth: unknown
}

function allQuestions({ made, blocks, batches }: Subject, random: Random): readonly Question[] {
  const number = random(blocks.length)
  const block = blocks[number]
  const from = random(made.entries.length)
  const to = Math.min(from + random(60), made.entries.length - 1)
  const time = block?.timestamp ?? 0n
  const batch = block?.batchNumber ?? 0n
  return [
    { ask: (history) => history.entry(from), truth: made.entries[from] },
    { ask: (history) => history.entry(made.next), truth: undefined },
    { ask: (history) => history.block(number), truth: block },
    { ask: (history) => history.block(blocks.length), truth: undefined },
    { ask: (history) => history.at(time), truth: block },
    { ask: (history) => history.at(2n ** 50n), truth: blocks.at(-1) },
    { ask: (history) => history.at(5), truth: undefined },
    { ask: (history) => history.batch(batch), truth: batches.find((each) => each.number === batch) },
    { ask: (history) => history.bookmark(blockBookmark(number)), truth: lastMark(made.entries, blockBookmark(number)) },
    {
      ask: (history) => history.bookmark(batchBookmark(batch)),
      truth: lastMark(made.entries, batchBookmark(batch)),
    },
    { ask: async (history) => history.getHeader(), truth: headerOf(made) },
    { ask: async (history) => (await history.segments()).at(-1)?.end.number, truth: made.next },
    {
      ask: (history) => collect(history.entries({ from, to })),
      truth: made.entries.slice(from, to + 1),
    },
    {
      ask: (history) => collect(history.blocks({ from: { block: number }, to: { block: number + 5 } })),
      truth: blocks.slice(number, number + 6),
    },
  ]
}

function headerOf({ leaves, next }: TestHistory): Header {
  const [first, last] = [leaves[0], leaves.at(-1)]
  if (first?.kind !== 'epoch' || last === undefined) throw new Error('no leaves')
  return { ...first.identity, totalEntries: next, totalLength: endOf(last).position }
}

function lastMark(entries: readonly Entry[], bookmark: Uint8Array): bigint | undefined {
  return entries.findLast(({ type, data }) => type === 0xb0 && Buffer.compare(data, bookmark) === 0)?.number
}

/**
 * Ask all questions.
 *
 * @returns how many were refused @throws if an answer is wrong
 */
export async function askAll(subject: Subject, random: Random): Promise<number> {
  let history: History
  try {
    history = (await opened(subject.made, { missingRetries: 0 })).history
  } catch (error) {
    refused(error)
    return allQuestions(subject, random).length
  }
  let count = 0
  for (const { ask, truth } of allQuestions(subject, random)) {
    try {
      const answer = await ask(history)
      if (!same(answer, truth)) throw new Error(`${ask}: ${show(answer)} instead of ${show(truth)}`.slice(0, 2000))
    } catch (error) {
      refused(error)
      count++
    }
  }
  return count
}

/** What came of a change. */
export type Outcome = 'unnoticed' | 'refused'

/**
 * Change an object and ask some questions: each has its right answer, or fails with an error of ours.
 *
 * @throws anything else
 */
async function tryMutation(subject: Subject, random: Random): Promise<Outcome> {
  restore(subject)
  mutate(subject, random)
  let history: History
  try {
    history = (await opened(subject.made, { missingRetries: 0, ...(random(4) === 0 ? { publicKey: undefined } : {}) }))
      .history
  } catch (error) {
    return refused(error)
  }
  let outcome: Outcome = 'unnoticed'
  const all = allQuestions(subject, random)
  for (const { ask, truth } of [0, 1, 2].map(() => oneOf(all, random))) {
    let answer: unknown
    try {
      answer = await ask(history)
    } catch (error) {
      outcome = refused(error)
      continue
    }
    if (!same(answer, truth)) throw new Error(`${ask}: ${show(answer)} instead of ${show(truth)}`.slice(0, 2000))
  }
  return outcome
}

function refused(error: unknown): Outcome {
  if (error instanceof StreamError) return 'refused'
  throw error
}

function same(a: unknown, b: unknown): boolean {
  return show(a) === show(b)
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`
    return each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : each
  })
  return text ?? 'undefined'
}

/** Try so many changes, and count what came of them. */
export async function tryMutations(subject: Subject, count: number, seed: number): Promise<Record<Outcome, number>> {
  const seen = { unnoticed: 0, refused: 0 }
  for (let i = 0; i < count; i++) {
    const each = (seed * 1_000_003 + i) % 2 ** 32
    try {
      seen[await tryMutation(subject, randomFrom(each))]++
    } catch (error) {
      throw new Error(`from the seed ${each}`, { cause: error })
    }
  }
  return seen
}
