import { RecordType } from '@datastreamer/e2store'
import { flipBits, oneOf, type Random } from '@datastreamer/fixtures/random'
import { fileOf, type NamedBytes, type Row, type Subject } from './files.ts'
import { type Located, recordsOf } from './records.ts'

type Contents = Record<string, Uint8Array>

interface Changed {
  readonly rows: readonly Row[]
  /** Which row was changed. */
  readonly block: number
}

/** Blocks at the beginning of a file that are changed more than others. */
export const FIRST_BLOCKS = 24

/**
 * Rows of which one has a record changed, or one that is another block's, of the same file, the next or another chain; or
 * two are exchanged, or one is missing, or there twice.
 */
function otherRows({ file, next, foreign }: Subject, random: Random): Changed {
  const rows: Contents[] = file.rows.map((row) => ({ ...row }) as Contents)
  const block = random(Math.min(rows.length, FIRST_BLOCKS))
  const row = rows[block] as Contents
  const column = oneOf(Object.keys(row), random)
  const from = oneOf([file, next, foreign], random)
  const same = random(2) === 0 ? from.rows[block] : undefined
  const other = (same ?? oneOf(from.rows, random)) as Contents
  switch (random(8)) {
    case 0:
      Object.assign(row, other)
      break
    case 1:
    case 2:
      row[column] = other[column] as Uint8Array
      break
    case 3: {
      // All that the header does not commit to alone, or all that it does.
      const { header, ...rest } = other
      Object.assign(row, random(2) === 0 ? { header } : rest)
      break
    }
    case 4: {
      const move = random(3)
      if (move === 0) rows.splice(block, 1)
      else if (move === 1) rows.splice(block, 0, row)
      else rows.splice(block, 2, ...rows.slice(block, block + 2).reverse())
      break
    }
    default: {
      const content = (row[column] as Uint8Array).slice()
      flipBits(content, random)
      row[column] = content
    }
  }
  return { rows: rows as Row[], block }
}

/** Write changed records anew, with index and checksums right. @returns `undefined` if not even the writer takes them */
export async function rewritten(
  subject: Subject,
  random: Random,
): Promise<(NamedBytes & { readonly block: number }) | undefined> {
  const { shape, blocks } = subject.file
  const { rows, block } = otherRows(subject, random)
  const made = await fileOf(shape, blocks[0]?.number ?? 0n, rows).catch(() => undefined)
  return made && { ...made, block }
}

const ACCUMULATOR: number = RecordType.Accumulator

/** A file in which the accumulator is that of another. */
export function withAccumulatorOf(original: Uint8Array, changed: Uint8Array): Uint8Array {
  const accumulatorOf = (bytes: Uint8Array): Located | undefined =>
    recordsOf(bytes).find(({ type }) => type === ACCUMULATOR)
  const [from, to] = [accumulatorOf(original), accumulatorOf(changed)]
  if (from === undefined || to === undefined) return changed
  const bytes = changed.slice()
  bytes.set(original.subarray(from.from, from.to), to.from)
  return bytes
}
