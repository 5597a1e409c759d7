import { decodeEntry, type Entry, type EntrySource, type Header, sameEntry, viewOf } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { DamageError } from '../log/damage-error.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { readRun } from '../log/run-reader.ts'
import { StreamLog } from '../log/stream-log.ts'
import { entriesBetween } from './entries-between.ts'
import { RecoveryError } from './errors.ts'
import type { RecoverOptions } from './planned.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

/** Number of entries to compare on each side of a range. */
const NEIGHBOURS = 100
const READ_BYTES = 256 * 1024

/**
 * Compare the whole entries around each damaged range with those of an entry source, which must have the same stream.
 *
 * @returns the number of entries that were compared; 0 if nothing around is whole
 * @throws {RecoveryError} `SOURCE_DIFFERS`
 */
export async function compareAround(
  plan: RecoveryPlan,
  source: EntrySource,
  { disk = nodeDisk }: RecoverOptions = {},
): Promise<number> {
  await compareHeaders(plan, source)
  const file = await disk.open(plan.file, 'read')
  try {
    let compared = 0
    for (const range of plan.damaged) {
      for (const entries of [await entriesBefore(file, plan, range), await entriesAfter(file, plan, range)]) {
        compared += await compare(plan.file, entries, source)
      }
    }
    return compared
  } finally {
    await file.close()
  }
}

async function compareHeaders({ file, header }: RecoveryPlan, source: EntrySource): Promise<void> {
  const theirs = await source.getHeader()
  const names: readonly (keyof Header)[] = ['streamType', 'systemId', 'version']
  for (const name of names) {
    if (header[name] === theirs[name]) continue
    const message = `${source.name} has another stream: its ${name} is ${theirs[name]}, that of ${file} is ${header[name]}`
    throw new RecoveryError('SOURCE_DIFFERS', message)
  }
}

async function compare(path: string, entries: readonly Entry[], source: EntrySource): Promise<number> {
  const [first] = entries
  if (first === undefined) return 0
  let compared = 0
  for await (const batch of entriesBetween(source, first.number, first.number + BigInt(entries.length))) {
    for (const theirs of batch) {
      const ours = entries[compared]
      if (ours === undefined || !sameEntry(ours, theirs)) {
        const message = `entry ${theirs.number} of ${source.name} differs from that of ${path}, which is whole`
        throw new RecoveryError('SOURCE_DIFFERS', message)
      }
      compared++
    }
  }
  if (compared === entries.length) return compared
  throw new RecoveryError('SOURCE_DIFFERS', `${source.name} has no entry ${first.number + BigInt(compared)}`)
}

/** The last whole entries before a range. */
async function entriesBefore(file: DiskFile, plan: RecoveryPlan, { from }: EntryRange): Promise<Entry[]> {
  const { file: path, header, base, damaged } = plan
  const log = new StreamLog({ file, path, header, base, buffers: new PageBuffers() })
  for (const range of damaged) log.damages.add(range)
  const entries: Entry[] = []
  for (let number = from.totalEntries - 1n; number >= base.totalEntries && entries.length < NEIGHBOURS; number--) {
    const entry = await log.entry(number).catch(unlessDamaged)
    if (entry === undefined) break
    entries.unshift(entry)
  }
  return entries
}

/** The first whole entries after a range, up to the end of the page or the next range. */
async function entriesAfter(file: DiskFile, plan: RecoveryPlan, { to }: EntryRange): Promise<Entry[]> {
  const { file: path, header, damaged } = plan
  if (to.totalLength >= header.totalLength) return []
  const next = damaged.find((range) => range.from.totalLength >= to.totalLength)
  const end = Math.min(header.totalLength, next?.from.totalLength ?? header.totalLength)
  const start = { position: to.totalLength, number: Number(to.totalEntries) }
  const run = await readRun(file, path, start, end, READ_BYTES).catch(unlessDamaged)
  const entries: Entry[] = []
  for (let at = 0; run !== undefined && at < run.bytes.length && entries.length < NEIGHBOURS; ) {
    const entry = decodeEntry(run.bytes, at)
    if (entry === undefined) break
    entries.push(entry)
    at += viewOf(run.bytes).getUint32(at + 1)
  }
  return entries
}

function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof DamageError)) throw error
}
