import type { Entry } from '@datastreamer/format'
import { encodeSequencerEntry, type Generation, type Operation, type SequencerEntryInit, toJson } from '../src/index.ts'

/** Entries of a generation, numbered from `first` on. */
export function entriesFrom(generation: Generation, first: bigint, inits: readonly SequencerEntryInit[]): Entry[] {
  return inits.map((init, i) => ({ ...encodeSequencerEntry(init, generation), number: first + BigInt(i) }))
}

/** Operations as one stream, numbered from 0. */
export function numbered(operations: Iterable<Operation>): Entry[] {
  return [...operations].flat().map((entry, i) => ({ ...entry, number: BigInt(i) }))
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Index of the first item that differs, or -1: what takes no time to tell, however large the items are. */
export function firstDifference(a: readonly unknown[], b: readonly unknown[]): number {
  const lines = [a, b].map((items) => items.map((item) => JSON.stringify(toJson(item))))
  const [left = [], right = []] = lines
  return left.length === right.length
    ? left.findIndex((line, i) => line !== right[i])
    : Math.min(left.length, right.length)
}
