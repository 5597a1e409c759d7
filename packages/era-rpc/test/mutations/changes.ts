import { decodeRecordHeader, RECORD_HEADER_BYTES, RecordType } from '@datastreamer/e2store'
import { fileOf, type MadeFile, type NamedBytes, type Row, sidecarOf } from './files.ts'
import { flipBits, oneOf, type Random } from './random.ts'
import { resealed } from './sidecar-changes.ts'

/** Files that are true, and one of them to be changed. */
export interface Subject {
  readonly file: MadeFile
  /** True too, of the next era. */
  readonly next: MadeFile
  /** Of another chain, with the numbers of `file`, and consistent in itself. */
  readonly foreign: MadeFile
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
  readonly make: (subject: Subject, random: Random) => NamedBytes[] | Promise<NamedBytes[]>
}

/** All files, with some replaced by others of the same name. */
function replace({ file, next }: Subject, ...changed: readonly NamedBytes[]): NamedBytes[] {
  const all = [file, file.sidecar, next, next.sidecar]
  return all.map((each) => changed.find(({ name }) => name === each.name) ?? each)
}

/** Change bits, or a run of bytes, or leave out the end, or some bytes. */
function damaged(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice()
  const at = random(bytes.length)
  switch (random(8)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return bytes.fill(random(256), at, at + 1 + random(40))
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(40))])
    default:
      flipBits(bytes, random)
      return bytes
  }
}

interface Located {
  readonly type: number
  readonly from: number
  readonly to: number
}

/** Where the records of a file are. */
function recordsOf(bytes: Uint8Array): Located[] {
  const found: Located[] = []
  for (let from = 0; from < bytes.length; ) {
    const { type, end } = decodeRecordHeader(bytes, from, from)
    found.push({ type, from, to: end })
    from = end
  }
  return found
}

/** Swap two records of a kind, whole, with all their checksums; the index stays. */
function swapped(bytes: Uint8Array, random: Random): Uint8Array {
  const records = recordsOf(bytes)
  const one = oneOf(records, random)
  const other = oneOf(
    records.filter(({ type }) => type === one.type),
    random,
  )
  const [first, last] = one.from < other.from ? [one, other] : [other, one]
  if (first === last) return bytes
  return Buffer.concat([
    bytes.subarray(0, first.from),
    bytes.subarray(last.from, last.to),
    bytes.subarray(first.to, last.from),
    bytes.subarray(first.from, first.to),
    bytes.subarray(last.to),
  ])
}

/** Let the index at the end lead elsewhere: to where another entry leads, or a record further. */
function misled(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice()
  const records = recordsOf(bytes)
  const index = records.at(-1) as Located
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = (index.to - index.from - RECORD_HEADER_BYTES) / 8
  const at = (): number => index.from + RECORD_HEADER_BYTES + 8 * random(words)
  const target = at()
  const value = view.getBigInt64(target, true)
  const { from, to } = oneOf(records, random)
  const step = BigInt(random(2) === 0 ? to - from : from - to)
  view.setBigInt64(target, random(2) === 0 ? view.getBigInt64(at(), true) : value + step, true)
  return bytes
}

/** Rows of which one has a record changed, or one that is another block's, of the same file, the next or another chain. */
function otherRows({ file, next, foreign }: Subject, random: Random): Row[] {
  const rows: Record<string, Uint8Array>[] = file.rows.map((row) => ({ ...row }) as Record<string, Uint8Array>)
  const at = random(Math.min(rows.length, 24))
  const row = rows[at] as Record<string, Uint8Array>
  const column = oneOf(Object.keys(row), random)
  const from = oneOf([file, next, foreign], random)
  const same = random(2) === 0 ? from.rows[at] : undefined
  const other = (same ?? oneOf(from.rows, random)) as Record<string, Uint8Array>
  switch (random(4)) {
    case 0:
      Object.assign(row, other)
      break
    case 1:
      row[column] = other[column] as Uint8Array
      break
    default: {
      const content = (row[column] as Uint8Array).slice()
      flipBits(content, random)
      row[column] = content
    }
  }
  return rows as Row[]
}

/** Write changed records anew, with index and checksums right. @returns `undefined` if not even the writer takes them */
async function rewritten(subject: Subject, random: Random): Promise<NamedBytes | undefined> {
  const { shape, blocks } = subject.file
  return fileOf(shape, blocks[0]?.number ?? 0n, otherRows(subject, random)).catch(() => undefined)
}

const ACCUMULATOR: number = RecordType.Accumulator

/** A file in which the accumulator is that of another. */
function withAccumulatorOf(original: Uint8Array, changed: Uint8Array): Uint8Array {
  const accumulatorOf = (bytes: Uint8Array): Located | undefined =>
    recordsOf(bytes).find(({ type }) => type === ACCUMULATOR)
  const [from, to] = [accumulatorOf(original), accumulatorOf(changed)]
  if (from === undefined || to === undefined) return changed
  const bytes = changed.slice()
  bytes.set(original.subarray(from.from, from.to), to.from)
  return bytes
}

export const CHANGES: readonly Change[] = [
  {
    name: 'bytes of a file',
    effect: 'refuses',
    make: (all, random) => replace(all, { name: all.file.name, bytes: damaged(all.file.bytes, random) }),
  },
  {
    name: 'records swapped',
    effect: 'refuses',
    make: (all, random) => replace(all, { name: all.file.name, bytes: swapped(all.file.bytes, random) }),
  },
  {
    name: 'offsets of the index',
    effect: 'refuses',
    make: (all, random) => replace(all, { name: all.file.name, bytes: misled(all.file.bytes, random) }),
  },
  {
    name: 'records, checksums and index right',
    effect: 'refuses',
    make: async (all, random) => {
      const made = await rewritten(all, random)
      const { name, bytes } = all.file
      return made === undefined ? replace(all) : replace(all, { name, bytes: withAccumulatorOf(bytes, made.bytes) })
    },
  },
  {
    name: 'records, and accumulator, name and sidecar of what was changed',
    effect: 'refuses and hides',
    needsRoots: true,
    make: async (all, random) => {
      const made = await rewritten(all, random)
      if (made === undefined) return replace(all)
      const sidecar = await sidecarOf(all.file.shape, made).catch(() => undefined)
      return [made, ...(sidecar ? [sidecar] : []), all.next, all.next.sidecar]
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
      return all.filter(({ name }, at) => all.findIndex((each) => each.name === name) === at)
    },
  },
  {
    name: 'bytes of a sidecar',
    effect: 'none',
    make: (all, random) => {
      const { name, bytes } = all.file.sidecar
      return replace(all, { name, bytes: damaged(bytes, random) })
    },
  },
  {
    name: 'sidecar of another file, or stale',
    effect: 'none',
    make: (all, random) => {
      const { bytes } = random(2) === 0 ? all.next.sidecar : all.foreign.sidecar
      return replace(all, { name: all.file.sidecar.name, bytes })
    },
  },
  {
    name: 'sidecar, checksums right',
    effect: 'hides',
    make: (all, random) => {
      const { name, bytes } = all.file.sidecar
      return replace(all, { name, bytes: resealed(bytes, random) })
    },
  },
]
