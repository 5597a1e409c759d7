import { HeaderAccumulator } from '../../accumulator/header-accumulator.ts'
import { defaultHashes } from '../../hash/hashes.ts'
import { encodeDynamicBlockIndex } from '../../index-records/dynamic-block-index.ts'
import type { ByteSink } from '../../io/byte-sink.ts'
import type { Columns } from '../archive/block.ts'
import { type Column, columnsOf, MAX_BLOCKS } from '../archive/layout.ts'
import { decodeHeader, isPostMerge } from '../blocks/header.ts'
import { type ArchiveProfile, nameId } from '../names.ts'
import { type BlockSource, rowsOf } from '../write/block-source.ts'
import { ColumnWriter, type WriteOptions, type WrittenArchive } from '../write/column-writer.ts'

export interface WriteEreOptions extends WriteOptions {
  /** Columns to write besides headers and bodies (default: all; omit difficulties in files after the merge). */
  readonly columns?: readonly Exclude<Column, 'header' | 'body'>[]
}

const NONE: Uint8Array = new Uint8Array(0)

/** The order of sections in a file, which is not that of the index. */
const SECTIONS: readonly Column[] = ['header', 'body', 'receipts', 'proof', 'totalDifficulty']

/**
 * Write an `.ere` file of up to 8192 blocks, reading the source once for each section. With total difficulties, the
 * accumulator over the blocks before the merge is computed and written too.
 *
 * @throws {RangeError} blocks that do not follow each other, lack a column, or differ in number between sections
 * @see docs/spec/e2store-execution.md §8.2
 */
export async function writeEre(
  sink: ByteSink,
  source: BlockSource,
  options: WriteEreOptions = {},
): Promise<WrittenArchive> {
  const optional: readonly Column[] = options.columns ?? ['receipts', 'totalDifficulty', 'proof']
  const columns = columnsOf('ere').filter(
    (column) => column === 'header' || column === 'body' || optional.includes(column),
  )
  const writer = new ColumnWriter(sink, 'ere', options)
  const blocks = new BlockNotes()
  const targets: number[][] = []
  await writer.version()
  for (const section of SECTIONS.filter((column) => columns.includes(column))) {
    const headerOf = section === 'header' ? ({ header = NONE }: Columns<Uint8Array>): Uint8Array => header : undefined
    const column = columns.indexOf(section)
    let index = 0
    for await (const contentOf of rowsOf(source, [section], headerOf)) {
      const content = contentOf(section)
      if (section === 'header') targets.push([])
      const row = targets[index]
      if (row === undefined) throw new RangeError(`more rows of ${section} than the ${targets.length} headers`)
      blocks.note(section, index++, content)
      row[column] = await writer.write(section, content)
    }
    if (index < targets.length) throw new RangeError(`${index} rows of ${section} for ${targets.length} headers`)
  }
  const accumulator = blocks.accumulator()
  if (accumulator) await writer.accumulator(accumulator)
  await sink.write(
    encodeDynamicBlockIndex({
      ...{ position: writer.position, start: source.start, targets, components: columns.length },
    }),
  )
  const profile: ArchiveProfile[] = []
  if (!columns.includes('proof')) profile.push('noproofs')
  if (!columns.includes('receipts')) profile.push('noreceipts')
  const era = Number(source.start / BigInt(MAX_BLOCKS))
  return {
    identity: { kind: 'ere', era, id: nameId(blocks.lastHash), profile },
    count: targets.length,
    ...(accumulator && { accumulator }),
  }
}

/** Keeps what the accumulator needs of the headers until the difficulties are written. */
class BlockNotes {
  readonly #hashes = defaultHashes()
  readonly #accumulator = new HeaderAccumulator(this.#hashes)
  readonly #preMerge: Uint8Array[] = []
  lastHash: Uint8Array = new Uint8Array(0)

  note(section: Column, index: number, content: Uint8Array): void {
    if (section === 'header') {
      this.lastHash = this.#hashes.keccak256(content)
      if (!isPostMerge(decodeHeader(content))) this.#preMerge.push(this.lastHash)
    } else if (section === 'totalDifficulty') {
      const hash = this.#preMerge[index]
      if (hash !== undefined) this.#accumulator.add(hash, content)
    }
  }

  accumulator(): Uint8Array | undefined {
    return this.#accumulator.count === 0 ? undefined : this.#accumulator.root()
  }
}
