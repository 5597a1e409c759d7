import { randomFrom } from '@datastreamer/fixtures/random'
import { PAGE_BYTES } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import type { LogPosition, LogRun } from '@datastreamer/store/log'
import { TestLog } from '@datastreamer/store/testing'
import { expect, test } from 'vitest'
import { SharedRuns } from '../src/tcp/shared-runs.ts'

/** A log of pages that readers have to read from the file, whose reads are counted. */
class Reads {
  readonly log = new TestLog({ inMemory: false })
  readonly clock = new ManualClock()
  readonly positions: number[] = []
  readonly runs: SharedRuns

  constructor(maxKept: number) {
    this.runs = new SharedRuns(this.log.log, this.clock, maxKept)
    this.log.file.beforeRead = (position) => void this.positions.push(position)
  }

  fill(pages: number, dataBytes = 1000): void {
    const each = Math.floor(PAGE_BYTES / (dataBytes + 17))
    this.log.addMany(pages * each, dataBytes)
    this.log.commit()
  }

  start(): Promise<LogPosition> {
    return this.log.log.locate(0)
  }

  /** Read on from a position to the end, and hold one run at a time. */
  async readAll(from: LogPosition): Promise<LogPosition[]> {
    const ends: LogPosition[] = []
    for (let at = from; at.number < Number(this.log.log.header.totalEntries); ) {
      const shared = await this.runs.at(at)
      if (shared === undefined) continue
      expect(shared.run.number).toBe(at.number)
      at = shared.run.next
      ends.push(at)
      shared.release()
    }
    return ends
  }
}

test('readers that come to the same place share what one of them has read', async () => {
  const reads = new Reads(16)
  reads.fill(2)
  const from = await reads.start()
  reads.positions.length = 0
  const all = await Promise.all([reads.readAll(from), reads.readAll(from), reads.readAll(from)])
  const count = reads.positions.length
  expect(new Set(reads.positions).size).toBe(count)
  expect(all[1]).toEqual(all[0])
  // The last run is cut short by the end of the log, so it is not kept.
  await reads.readAll(from)
  expect(reads.positions.length).toBe(count + 1)
})

test('runs end where those of readers do that began elsewhere', async () => {
  const reads = new Reads(16)
  reads.fill(3)
  const ends = await reads.readAll(await reads.start())
  const others = await reads.readAll(await reads.log.log.locate(777))
  expect(ends).toEqual(expect.arrayContaining(others))
  const lengths = ends.map(({ position }, i) => position - (ends[i - 1]?.position ?? 4096))
  expect(Math.max(...lengths)).toBeLessThanOrEqual(384 * 1024)
})

test('what was walked a moment ago is not walked again, a minute later it is', async () => {
  const reads = new Reads(0)
  reads.fill(2)
  const from = await reads.start()
  const ends = await reads.readAll(from)
  // In the second entry, which only a walk comes to.
  reads.log.file.bytes.fill(0xff, 4096 + 1017, 4096 + 1020)
  reads.clock.advance(59_000)
  expect(await reads.readAll(from)).toEqual(ends)
  reads.clock.advance(1000)
  const first = await reads.runs.at(from)
  expect(first?.run.next.number).toBe(1)
  first?.release()
  await expect(reads.runs.at({ position: 4096 + 1017, number: 1 })).rejects.toMatchObject({ code: 'BAD_PACKET' })
  // In the first one it is noticed at once.
  reads.log.file.bytes.fill(0xff, 4096, 4099)
  await expect(reads.runs.at(from)).rejects.toMatchObject({ code: 'BAD_PACKET' })
})

test('what was read before a truncation or a change is not given after it', async () => {
  const reads = new Reads(16)
  reads.fill(1)
  const from = await reads.start()
  const before = await reads.runs.at(from)
  const waiting = reads.runs.at({ position: before?.run.next.position ?? 0, number: before?.run.next.number ?? 0 })
  await reads.log.truncate(10)
  expect(await waiting).toBeUndefined()
  const other = reads.log.addMany(300, 1000).slice(0, 1017)
  reads.log.commit()
  const after = await reads.runs.at(from)
  expect(after?.run.bytes.subarray(10 * 1017, 11 * 1017)).toEqual(other)
  expect(before?.run.bytes.subarray(10 * 1017, 11 * 1017)).not.toEqual(other)
  await reads.log.log.change(async () => {
    reads.log.file.bytes.fill(0x77, 4096 + 17, 4096 + 1017)
  })
  const changed = await reads.runs.at(from)
  expect(changed?.run.bytes[17]).toBe(0x77)
  for (const shared of [before, after, changed]) shared?.release()
})

test.each([1, 2, 3, 4])('memory of a run is not used again while a reader has it (seed %i)', async (seed) => {
  const random = randomFrom(seed)
  const reads = new Reads(random(3))
  reads.fill(4, 100 + random(5000))
  const starts = await Promise.all(
    [0, 1, 2, 3].map((part) => reads.log.log.locate((part * Number(reads.log.log.header.totalEntries)) >> 2)),
  )
  const held: { readonly run: LogRun; readonly copy: Uint8Array; readonly release: () => void }[] = []
  const at = [...starts]
  for (let i = 0; i < 400; i++) {
    const reader = random(at.length)
    const from = at[reader] as LogPosition
    const shared = from.number < Number(reads.log.log.header.totalEntries) ? await reads.runs.at(from) : undefined
    if (shared === undefined) at[reader] = starts[random(starts.length)] as LogPosition
    else {
      held.push({ ...shared, copy: shared.run.bytes.slice() })
      at[reader] = shared.run.next
    }
    while (held.length > random(6)) {
      const [one] = held.splice(random(held.length), 1)
      if (one === undefined) break
      expect(Buffer.compare(one.run.bytes, one.copy)).toBe(0)
      one.release()
      one.release()
    }
  }
})
