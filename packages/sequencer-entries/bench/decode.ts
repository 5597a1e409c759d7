/**
 * How fast entries decode and encode. Run on the built package: `pnpm build && pnpm bench` in this folder.
 * The blocks are made up, with all fields of a real one.
 */
import { BOOKMARK_TYPE, type Entry } from '@datastreamer/format'
import {
  assembleBlocks,
  checkSequence,
  decodeSequencerEntry,
  encodeSequencerEntry,
  generateStream,
  OperationBoundaries,
  type SequencerEntryInit,
} from '@datastreamer/sequencer-entries'

const BLOCKS = 4_000n
const SECONDS = 2

const entries: Entry[] = [...generateStream({ blocks: BLOCKS })]
  .flat()
  .map((entry, number) => ({ ...entry, number: BigInt(number) }))
const blocks = entries.filter(({ type }) => type === 2)
const decoded = blocks.map((entry): SequencerEntryInit => decodeSequencerEntry(entry, 'protobuf'))
const etrog = decoded.map((entry) => encodeSequencerEntry(entry, 'etrog'))

await measure('decode protobuf L2 blocks', blocks.length, () => {
  for (const block of blocks) decodeSequencerEntry(block, 'protobuf')
})
await measure('encode protobuf L2 blocks', blocks.length, () => {
  for (const block of decoded) encodeSequencerEntry(block, 'protobuf')
})
await measure('decode etrog L2 blocks', etrog.length, () => {
  for (const block of etrog) decodeSequencerEntry(block, 'etrog')
})
await measure('decode all entries of a stream', entries.length, () => {
  for (const entry of entries) decodeSequencerEntry(entry, 'protobuf')
})
await measure('assemble full L2 blocks from entries', entries.length, async () => {
  for await (const block of assembleBlocks([entries], { generation: 'protobuf' })) void block
})
await measure('check the sequence of entries', entries.length, async () => {
  for await (const finding of checkSequence([entries], { generation: 'protobuf' })) throw new Error(finding.code)
})
await measure('find the operation boundaries of entries', entries.length, () => {
  const boundaries = new OperationBoundaries('protobuf')
  for (const entry of entries) boundaries.push(entry)
})

const marks = entries.filter(({ type }) => type === BOOKMARK_TYPE).length
console.log(`${entries.length} entries: ${blocks.length} blocks, ${marks} bookmarks`)

/** Repeats `run` for some seconds after one to warm up; prints things a second. */
async function measure(name: string, things: number, run: () => void | Promise<void>): Promise<void> {
  await repeat(1, run)
  const { runs, seconds } = await repeat(SECONDS, run)
  console.log(`${name}: ${Math.round((runs * things) / seconds).toLocaleString('en')} / s`)
}

async function repeat(seconds: number, run: () => void | Promise<void>): Promise<{ runs: number; seconds: number }> {
  const start = performance.now()
  let runs = 0
  let elapsed = 0
  for (; elapsed < seconds * 1000; elapsed = performance.now() - start) {
    await run()
    runs++
  }
  return { runs, seconds: elapsed / 1000 }
}
