import { closeSync, copyFileSync, openSync, truncateSync, writeSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { type Entry, type EntrySource, type Header, PAGE_BYTES, pageStart } from '@datastreamer/format'
import { type VerifyEvent, type VerifySummary, verifyStream } from '../src/check.ts'
import { type DamageError, openStore, type StreamReader } from '../src/index.ts'

/** Commits of the master file: 30 of 10 entries each, the first a bookmark. */
export const COMMITS = 30
export const PER_COMMIT = 10
export const TOTAL: bigint = BigInt(COMMITS * PER_COMMIT)
export const DATA_BYTES = 10_000
/** Positions of header fields. */
export const HEADER = { totalLength: 16 + 22, totalEntries: 16 + 30, type: 16 + 14 } as const

export type Poke = (position: number, bytes: Uint8Array) => void
export type Change = (file: string, poke: Poke) => void

/** A folder with a master file of 3 pages, and damaged copies of it. */
export class DamagedFiles implements Disposable {
  readonly #folder = tempDir()
  readonly master: string = this.#folder.join('master.bin')
  #copies = 0

  /** Write the master file. */
  static async make(): Promise<DamagedFiles> {
    const files = new DamagedFiles()
    const store = await openStore({ file: files.master, systemId: 7n })
    for (let commit = 0; commit < COMMITS; commit++) {
      store.startAtomicOp()
      store.addStreamBookmark(Uint8Array.of(commit))
      for (let i = 1; i < PER_COMMIT; i++) store.addStreamEntry(i, new Uint8Array(DATA_BYTES).fill(commit))
      await store.commitAtomicOp()
    }
    await store.close()
    // Unused space only makes the copies slow.
    truncateSync(files.master, pageStart(3))
    return files
  }

  path(name: string): string {
    return this.#folder.join(name)
  }

  /** A copy of the master file, changed. */
  damaged(change: Change): string {
    const file = this.path(`copy-${this.#copies++}.bin`)
    copyFileSync(this.master, file)
    copyFileSync(this.master.replace('.bin', '.commits'), file.replace('.bin', '.commits'))
    change(file, (position, bytes) => {
      const handle = openSync(file, 'r+')
      writeSync(handle, bytes, 0, bytes.length, position)
      closeSync(handle)
    })
    return file
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

export function u64(value: bigint | number): Uint8Array {
  const out = Buffer.alloc(8)
  out.writeBigUInt64BE(BigInt(value))
  return out
}

/** Position of an entry of the master file, computed from the sizes. */
export function positionOf(number: number): number {
  let position = 4096
  for (let i = 0; ; i++) {
    const length = 17 + (i % PER_COMMIT === 0 ? 1 : DATA_BYTES)
    const left = PAGE_BYTES - ((position - 4096) % PAGE_BYTES)
    if (length > left) position += left
    if (i === number) return position
    position += length
  }
}

export interface Checked<T> {
  readonly damages: readonly DamageError[]
  readonly result: T
}

export async function drain<T>(events: AsyncGenerator<VerifyEvent, T, void>): Promise<Checked<T>> {
  const damages: DamageError[] = []
  for (;;) {
    const step = await events.next()
    if (step.done === true) return { damages, result: step.value }
    if (step.value.kind === 'damage') damages.push(step.value.error)
  }
}

export function verify(file: string): Promise<Checked<VerifySummary>> {
  return drain(verifyStream({ file, streamType: 1n }))
}

export interface EntrySourceOptions {
  /** What it has instead of an entry. */
  readonly change?: (entry: Entry) => Entry
  /** What it has instead in its header. */
  readonly header?: Partial<Header>
  /** Number that it ends before. */
  readonly end?: bigint
}

/** A stream as an entry source for recovery. */
export function entrySourceOf(
  reader: Pick<StreamReader, 'getHeader' | 'getEntry'>,
  { change = (entry) => entry, header, end }: EntrySourceOptions = {},
): EntrySource {
  const batches: EntrySource['batches'] = async function* ({ from, to } = {}) {
    for (let number = BigInt(String(from)); number <= BigInt(String(to)) && number !== end; number++) {
      const entry = await reader.getEntry(number)
      if (entry !== undefined) yield [change(entry)]
    }
  }
  return {
    name: 'master',
    getHeader: () => ({ ...reader.getHeader(), ...header }),
    async *entries(options) {
      for await (const batch of batches(options)) yield* batch
    },
    batches,
  }
}
