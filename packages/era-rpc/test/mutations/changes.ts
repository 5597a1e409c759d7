import { RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { oneOf, type Random } from '@datastreamer/fixtures/random'
import { damagedAt } from './damage.ts'
import { type MadeFile, type NamedBytes, type Subject, sidecarOf } from './files.ts'
import { type Located, recordAt } from './records.ts'
import { FIRST_BLOCKS, rewritten, withAccumulatorOf } from './rewrite.ts'
import { adopted, resealed } from './sidecar-changes.ts'

/** Files of which one was changed. */
export interface Mutant {
  readonly files: readonly NamedBytes[]
  /** Which block of the file was changed, counted from 0, where that is known. */
  readonly block?: number | undefined
}

/** A way to change files. */
export interface Change {
  readonly name: string
  /**
   * What the change may do to answers: nothing; refuse data that was changed, or that cannot be reached; where an index
   * was written wrong with right checksums, hide what it does not lead to; or both.
   */
  readonly effect: 'none' | 'refuses' | 'hides' | 'refuses and hides'
  /** Whether only trusted roots show it. */
  readonly needsRoots?: boolean
  /** The files as they are then. */
  readonly make: (subject: Subject, random: Random) => Mutant | Promise<Mutant>
}

/** All files, with some replaced by others of the same name. */
function replace({ file, next }: Subject, ...changed: readonly NamedBytes[]): NamedBytes[] {
  const all = [file, file.sidecar, next, next.sidecar]
  return all.map((each) => changed.find(({ name }) => name === each.name) ?? each)
}

/** One of the first records of its type. */
function recordOf({ records }: MadeFile, random: Random): Located {
  return oneOf(
    records.filter(({ nth }) => nth < FIRST_BLOCKS),
    random,
  )
}

/** Change bytes of a file: anywhere, or of one of the first blocks. */
function damaged(all: Subject, random: Random): Mutant {
  const { name, bytes, records } = all.file
  const anywhere = random(bytes.length)
  const { from, to } = recordOf(all.file, random)
  const at = random(2) === 0 ? anywhere : from + random(to - from)
  return { files: replace(all, { name, bytes: damagedAt(bytes, at, random) }), block: recordAt(records, at)?.nth }
}

/**
 * Exchange records, whole, with all their checksums, or put one in the place of another, of the same file or another, or
 * write one twice, or leave one out. The index stays as it is.
 */
function misplaced(all: Subject, random: Random): Mutant {
  const { file, next, foreign } = all
  const { name, bytes } = file
  const one = recordOf(file, random)
  const from = oneOf([file, file, next, foreign], random)
  const same = from.records.filter(({ type }) => type === one.type)
  const other = oneOf(same.filter(({ nth }) => random(2) === 0 || nth === one.nth).concat(same[0] ?? one), random)
  const content = from.bytes.subarray(other.from, other.to)
  const [before, own, after] = [bytes.subarray(0, one.from), bytes.subarray(one.from, one.to), bytes.subarray(one.to)]
  const parts = (): readonly Uint8Array[] => {
    const how = random(4)
    if (how === 0) return [before, own, own, after]
    if (how === 1) return [before, after]
    if (how === 2 || from !== file) return [before, content, after]
    const [first, last] = one.from < other.from ? [one, other] : [other, one]
    if (first === last) return [bytes]
    return [
      bytes.subarray(0, first.from),
      bytes.subarray(last.from, last.to),
      bytes.subarray(first.to, last.from),
      bytes.subarray(first.from, first.to),
      bytes.subarray(last.to),
    ]
  }
  return { files: replace(all, { name, bytes: Buffer.concat(parts()) }), block: one.nth }
}

/** Let the index at the end lead elsewhere: to where another entry leads, or a record further. */
function misled(all: Subject, random: Random): Mutant {
  const { name, bytes: original, records } = all.file
  const bytes = original.slice()
  const index = records.at(-1) as Located
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = (index.to - index.from - RECORD_HEADER_BYTES) / 8
  const at = (): number => index.from + RECORD_HEADER_BYTES + 8 * random(words)
  const target = at()
  const value = view.getBigInt64(target, true)
  const { from, to } = oneOf(records, random)
  const step = BigInt(random(2) === 0 ? to - from : from - to)
  view.setBigInt64(target, random(2) === 0 ? view.getBigInt64(at(), true) : value + step, true)
  return { files: replace(all, { name, bytes }) }
}

export const CHANGES: readonly Change[] = [
  { name: 'bytes of a file', effect: 'refuses', make: damaged },
  { name: 'records misplaced', effect: 'refuses', make: misplaced },
  { name: 'offsets of the index', effect: 'refuses', make: misled },
  {
    name: 'records, checksums and index right',
    effect: 'refuses',
    make: async (all, random) => {
      const made = await rewritten(all, random)
      if (made === undefined) return { files: replace(all) }
      const { name, bytes } = all.file
      return { files: replace(all, { name, bytes: withAccumulatorOf(bytes, made.bytes) }), block: made.block }
    },
  },
  {
    name: 'records, and accumulator, name and sidecar of what was changed',
    effect: 'refuses and hides',
    needsRoots: true,
    make: async (all, random) => {
      const made = await rewritten(all, random)
      if (made === undefined) return { files: replace(all) }
      const sidecar = await sidecarOf(all.file.shape, made).catch(() => undefined)
      return { files: [made, ...(sidecar ? [sidecar] : []), all.next, all.next.sidecar], block: made.block }
    },
  },
  {
    name: 'a file of another chain, instead of the true one or beside it',
    effect: 'refuses',
    needsRoots: true,
    make: ({ file, next, foreign }, random) => {
      const kept = random(2) === 0 ? [file, file.sidecar] : []
      const added = { name: random(2) === 0 ? foreign.name : file.name, bytes: foreign.bytes }
      const sidecar = { name: `${added.name}.idx`, bytes: foreign.sidecar.bytes }
      const all = [added, sidecar, ...kept, next, next.sidecar]
      return { files: all.filter(({ name }, at) => all.findIndex((each) => each.name === name) === at) }
    },
  },
  {
    name: 'bytes of a sidecar',
    effect: 'none',
    make: (all, random) => {
      const { name, bytes } = all.file.sidecar
      return { files: replace(all, { name, bytes: damagedAt(bytes, random(bytes.length), random) }) }
    },
  },
  {
    name: 'sidecar of another file, or stale',
    effect: 'none',
    make: (all, random) => {
      const { bytes } = random(2) === 0 ? all.next.sidecar : all.foreign.sidecar
      return { files: replace(all, { name: all.file.sidecar.name, bytes }) }
    },
  },
  {
    name: 'sidecar, checksums right',
    effect: 'hides',
    make: (all, random) => {
      const { name, bytes } = all.file.sidecar
      return { files: replace(all, { name, bytes: resealed(bytes, random) }) }
    },
  },
  {
    name: 'sidecar of another file that says it is of this one',
    effect: 'hides',
    make: (all, random) => {
      const { name, bytes } = all.file.sidecar
      const other = oneOf([all.next.sidecar, all.foreign.sidecar], random)
      return { files: replace(all, { name, bytes: adopted(other.bytes, bytes) }) }
    },
  },
]
