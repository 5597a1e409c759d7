import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { encodeAccount, type SnapshotAccount, type StorageSlot } from '../src/execution/e2ss/account.ts'
import { openE2ss, type Snapshot } from '../src/execution/e2ss/snapshot.ts'
import { verifyE2ss } from '../src/execution/e2ss/verify.ts'
import { type SnapshotAccountInput, writeE2ss } from '../src/execution/e2ss/write.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { concatBytes, fromHex, toHex } from '../src/io/bytes.ts'
import { u32 } from '../src/io/little-endian.ts'
import { iterateRecords } from '../src/records/iterate.ts'
import { encodeRecord } from '../src/records/record.ts'
import { encodeRlp, rawRlp } from '../src/rlp/encode.ts'
import { portableSnappy } from '../src/snappy/codec.ts'
import { snappyFramedEncode } from '../src/snappy/encode.ts'
import { snappyFramedDecode } from '../src/snappy/framed.ts'
import { golden, goldenBytes, slowSource } from './support/execution.ts'

const hashes = defaultHashes()
const { snapshot: facts } = golden
const slotsPerRecord = facts.slotsPerRecord
const stored = { ...portableSnappy, compress: (input: Uint8Array): Uint8Array => new Uint8Array(input.length) }

interface Gathered extends SnapshotAccount {
  readonly slots: StorageSlot[]
}

async function gather(snapshot: Snapshot): Promise<Gathered[]> {
  const out: Gathered[] = []
  for await (const item of snapshot.items()) {
    if (item.kind === 'account') out.push({ ...item.account, slots: [] })
    else out.at(-1)?.slots.push(...item.slots)
  }
  return out
}

const inputs = (accounts: readonly Gathered[]): SnapshotAccountInput[] =>
  accounts.map(({ slots, storageRecords: _, ...account }) => ({ ...account, storage: () => slots }))

/** A file of one account with these records of storage. */
function fileOf(storageRecords: number, ...records: Uint8Array[]): Uint8Array {
  const account = encodeAccount({
    ...{ addressHash: new Uint8Array(32), nonce: 0n, balance: 0n, storageRecords, code: new Uint8Array(0) },
    ...{ storageRoot: new Uint8Array(32), codeHash: hashes.keccak256(new Uint8Array(0)) },
  })
  const bytes = goldenBytes('e2ss')
  const head = bytes.subarray(0, 16 + u32(bytes, 10))
  return concatBytes([head, encodeRecord(0x0800, snappyFramedEncode(account)), ...records])
}
const storageRecord = (rlp: Uint8Array): Uint8Array => encodeRecord(0x0900, snappyFramedEncode(rlp))

describe('golden .e2ss', () => {
  test('holds the accounts and slots that it was made of, and verifies', async () => {
    for (const source of [fromBytes(goldenBytes('e2ss')), slowSource(goldenBytes('e2ss'))]) {
      const snapshot = await openE2ss(source)
      const accounts = await gather(snapshot)
      expect(
        accounts.map(({ addressHash, nonce, balance, storageRoot, code, slots }) => ({
          ...{ addressHash: toHex(addressHash), nonce: String(nonce), balance: String(balance) },
          ...{ storageRoot: toHex(storageRoot), code: toHex(code) },
          slots: slots.map(({ slotHash, value }) => [toHex(slotHash), toHex(value)]),
        })),
      ).toEqual(facts.accounts)
      const name = `net-0000000123-${facts.stateRoot.slice(0, 8)}.e2ss`
      const trustedBlockHash = fromHex(facts.blockHash)
      const progress: number[] = []
      const report = await verifyE2ss(snapshot, {
        ...{ slotsPerRecord, name, trustedBlockHash, onProgress: ({ bytes }) => progress.push(bytes) },
      })
      expect(report).toMatchObject({ block: 123n, accounts: 2, slots: 5, trusted: true, stateRootMatches: true })
      expect(toHex(report.stateRoot)).toBe(facts.stateRoot)
      expect(progress.at(-1)).toBe(source.size)
    }
  })

  test('is written again byte for byte', async () => {
    const snapshot = await openE2ss(fromBytes(goldenBytes('e2ss')))
    const sink = toBytes()
    const written = await writeE2ss(sink, snapshot.headerRlp, inputs(await gather(snapshot)), {
      ...{ codec: stored, slotsPerRecord },
    })
    expect(toHex(sink.bytes())).toBe(golden.files.e2ss)
    expect(written).toEqual({ block: 123n, id: facts.stateRoot.slice(0, 8), accounts: 2, slots: 5 })
  })

  test.each([
    ['another name', { name: 'net-124-00000000.e2ss' }, 'WRONG_NAME'],
    ['no name of a snapshot', { name: 'x' }, 'WRONG_NAME'],
    ['another block', { trustedBlockHash: new Uint8Array(32) }, 'WRONG_ROOT'],
    ['records that should be fuller', { slotsPerRecord: 4 }, 'WRONG_COUNT'],
    ['records that are too full', { slotsPerRecord: 2 }, 'WRONG_COUNT'],
  ])('does not pass with %s', async (_, options, code) => {
    const snapshot = await openE2ss(fromBytes(goldenBytes('e2ss')))
    await expect(verifyE2ss(snapshot, { slotsPerRecord, ...options })).rejects.toMatchObject({ code, step: 'verify' })
  })

  test.each<[string, (accounts: Gathered[]) => Gathered[], string]>([
    ['accounts in another order', (all) => all.toReversed(), 'WRONG_ORDER'],
    ['an account left out', (all) => all.slice(1), 'WRONG_ROOT'],
    ['other code', (all) => all.map((account) => ({ ...account, code: Uint8Array.of(1) })), 'WRONG_ROOT'],
    ['a slot left out', (all) => all.map((account) => ({ ...account, slots: account.slots.slice(1) })), 'WRONG_ROOT'],
    ['slots in another order', (all) => all.map((a) => ({ ...a, slots: a.slots.toReversed() })), 'WRONG_ORDER'],
  ])('does not pass with %s', async (_, change, code) => {
    const snapshot = await openE2ss(fromBytes(goldenBytes('e2ss')))
    const sink = toBytes()
    await writeE2ss(sink, snapshot.headerRlp, inputs(change(await gather(snapshot))), { slotsPerRecord })
    const changed = await openE2ss(fromBytes(sink.bytes()))
    await expect(verifyE2ss(changed, { slotsPerRecord })).rejects.toMatchObject({ code, step: 'verify' })
  })
})

describe('storage records without slots', () => {
  const slots = (...hashes: readonly number[]): Uint8Array =>
    storageRecord(encodeRlp(hashes.map((hash) => [new Uint8Array(32).fill(hash), 5])))

  test.each<[string, Uint8Array]>([
    ['alone', fileOf(1, slots())],
    ['after one that is not full', fileOf(2, slots(1), slots())],
    ['after a full one', fileOf(2, slots(1, 2), slots())],
    ['between full ones', fileOf(3, slots(1, 2), slots(), slots(3))],
    ['in front', fileOf(2, slots(), slots(1))],
  ])('do not pass %s', async (_, bytes) => {
    const options = { slotsPerRecord: 2, requireRoots: false }
    const whole = await openE2ss(fromBytes(fileOf(2, slots(1, 2), slots(3))))
    await expect(verifyE2ss(whole, options)).resolves.toMatchObject({ slots: 3 })
    const snapshot = await openE2ss(fromBytes(bytes))
    await expect(verifyE2ss(snapshot, options)).rejects.toMatchObject({ code: 'WRONG_COUNT', step: 'verify' })
  })
})

describe('malformed .e2ss', () => {
  const slot = encodeRlp([new Uint8Array(32).fill(1), 5])
  const list = encodeRlp([rawRlp(slot)])
  const long = encodeRlp(Array.from({ length: 9 }, () => rawRlp(slot)))
  const nonCanonical = Uint8Array.of(0xf8, slot.length, ...slot)

  test.each<[string, Uint8Array, string]>([
    ['fewer storage records than the account says', fileOf(2, storageRecord(list)), 'BAD_COUNT'],
    ['more storage records than the account says', fileOf(1, storageRecord(list), storageRecord(list)), 'BAD_COUNT'],
    ['a record of another format', fileOf(0, encodeRecord(0x0400, snappyFramedEncode(list))), 'UNEXPECTED_TYPE'],
    ['storage that is no list', fileOf(1, storageRecord(slot.subarray(2))), 'BAD_RLP'],
    ['an incomplete list', fileOf(1, storageRecord(long.subarray(0, -1))), 'BAD_RLP'],
    ['a list with an incomplete length', fileOf(1, storageRecord(long.subarray(0, 2))), 'BAD_RLP'],
    ['bytes after the list', fileOf(1, storageRecord(Uint8Array.of(...list, 0))), 'BAD_RLP'],
    ['many bytes after the list', fileOf(1, storageRecord(concatBytes([list, new Uint8Array(70_000)]))), 'BAD_RLP'],
    ['a length that is not canonical', fileOf(1, storageRecord(nonCanonical)), 'BAD_RLP'],
    ['a length beyond 2^53', fileOf(1, storageRecord(new Uint8Array(9).fill(0xff))), 'BAD_RLP'],
    ['an item that is no slot', fileOf(1, storageRecord(encodeRlp([1, 2]))), 'BAD_RLP'],
    [
      'an item too long for a slot',
      fileOf(1, storageRecord(encodeRlp([[new Uint8Array(32), new Uint8Array(33)]]))),
      'BAD_RLP',
    ],
    ['an item with a long length', fileOf(1, storageRecord(encodeRlp([[new Uint8Array(300)]]))), 'BAD_RLP'],
    [
      'a value with a leading zero',
      fileOf(1, storageRecord(encodeRlp([[new Uint8Array(32), Uint8Array.of(0, 1)]]))),
      'BAD_RLP',
    ],
    ['no content', fileOf(1, encodeRecord(0x0900, snappyFramedEncode(new Uint8Array(0)))), 'BAD_RLP'],
    ['an incomplete chunk', fileOf(1, encodeRecord(0x0900, snappyFramedEncode(list).subarray(0, -1))), 'BAD_SNAPPY'],
    ['no bytes', new Uint8Array(0), 'EMPTY_FILE'],
    ['no header', goldenBytes('e2ss').subarray(0, 8), 'TRUNCATED'],
    [
      'another record instead of the header',
      concatBytes([goldenBytes('e2ss').subarray(0, 8), storageRecord(list)]),
      'UNEXPECTED_TYPE',
    ],
  ])('%s', async (_, bytes, code) => {
    for (const source of [fromBytes(bytes), slowSource(bytes)]) {
      const failed = openE2ss(source).then(gather)
      await expect(failed).rejects.toMatchObject({ code, position: expect.any(Number) })
    }
  })

  test('records of unknown types are skipped', async () => {
    const bytes = fileOf(1, encodeRecord(0x9900, new Uint8Array(3)), storageRecord(list), encodeRecord(0, slot))
    expect((await gather(await openE2ss(fromBytes(bytes))))[0]?.slots).toHaveLength(1)
  })
})

describe('a state larger than memory allows', () => {
  /** Slots made on the fly: ascending, with values of different sizes. */
  function* manySlots(count: number): Generator<StorageSlot> {
    for (let i = 0; i < count; i++) {
      const slotHash = new Uint8Array(32)
      slotHash[1] = i >>> 16
      slotHash[2] = i >>> 8
      slotHash[3] = i
      yield { slotHash, value: new Uint8Array(1 + (i % 32)).fill(1 + (i % 255)) }
    }
  }

  test('is written and read in chunks, whatever the size of a record', async () => {
    const count = 70_000
    const account: SnapshotAccountInput = {
      ...{ addressHash: new Uint8Array(32), nonce: 1n, balance: 2n, code: new Uint8Array(0) },
      ...{ storageRoot: new Uint8Array(32), codeHash: hashes.keccak256(new Uint8Array(0)) },
      storage: () => manySlots(count),
    }
    const sink = toBytes()
    const { headerRlp } = await openE2ss(fromBytes(goldenBytes('e2ss')))
    await writeE2ss(sink, headerRlp, [account], { slotsPerRecord: 50_000 })
    const source = slowSource(sink.bytes())
    const expected = manySlots(count)
    let [seen, largest] = [0, 0]
    for await (const item of (await openE2ss(source)).items()) {
      if (item.kind === 'account') continue
      largest = Math.max(largest, item.slots.length)
      for (const slot of item.slots) {
        const next = expected.next().value
        if (seen++ % 997 === 0) expect(slot).toEqual(next)
      }
    }
    expect(seen).toBe(count)
    expect(largest).toBeLessThan(2500)
    const report = await verifyE2ss(await openE2ss(source), { slotsPerRecord: 50_000, requireRoots: false })
    expect(report).toMatchObject({ slots: count, wrongStorageRoots: 1, stateRootMatches: false })
  })

  test('storage that differs when it is read again is noticed', async () => {
    const { headerRlp } = await openE2ss(fromBytes(goldenBytes('e2ss')))
    let times = 0
    const fickle: SnapshotAccountInput = {
      ...{ addressHash: new Uint8Array(32), nonce: 1n, balance: 2n, code: new Uint8Array(0) },
      ...{ storageRoot: new Uint8Array(32), codeHash: new Uint8Array(32) },
      storage: () => manySlots(70_000 + times++),
    }
    await expect(writeE2ss(toBytes(), headerRlp, [fickle])).rejects.toThrow('read again')
  })
})

describe.skipIf(!hasVectors('e2store'))('recorded .e2ss', () => {
  interface Sample {
    readonly name: string
    readonly accounts: readonly { addressHash: string; storageRecords: number; storageItems: number }[]
  }

  test('is what its facts say, and is written again with equal contents', async () => {
    const sample = JSON.parse(Buffer.from(readVector('e2store', 'e2ss-sample.json')).toString()) as Sample
    const bytes = readVector('e2store', `${sample.name}.gz`)
    const snapshot = await openE2ss(fromBytes(bytes))
    const accounts = await gather(snapshot)
    const found = accounts.map(({ addressHash, storageRecords, slots }) => ({
      ...{ addressHash: toHex(addressHash), storageRecords, storageItems: slots.length },
    }))
    expect(found).toEqual(sample.accounts)
    const report = await verifyE2ss(snapshot, { slotsPerRecord: 10, requireRoots: false, name: sample.name })
    expect(report).toMatchObject({ accounts: 20, slots: 80, stateRootMatches: false, wrongStorageRoots: 8 })
    await expect(verifyE2ss(snapshot, { slotsPerRecord: 10 })).rejects.toMatchObject({ code: 'WRONG_ROOT' })
    const sink = toBytes()
    await writeE2ss(sink, snapshot.headerRlp, inputs(accounts), { slotsPerRecord: 10 })
    const contents = async (file: Uint8Array): Promise<string[]> => {
      const out: string[] = []
      for await (const { type, data } of iterateRecords(fromBytes(file))) {
        out.push(`${type} ${data.length > 0 ? toHex(snappyFramedDecode(data)) : ''}`)
      }
      return out
    }
    expect(await contents(sink.bytes())).toEqual(await contents(bytes))
  })
})
