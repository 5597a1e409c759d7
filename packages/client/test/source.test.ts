import { describe, expect, test } from 'vitest'
import type { StreamWriter } from '../src/source.ts'
import { connectSource } from '../src/source.ts'
import { CERTIFICATE, KEY } from './support/certificate.ts'
import { failure } from './support/options.ts'
import { SourceWorld, type WorldOptions } from './support/source-world.ts'

const data = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes)

/** The code of what is thrown, or rejected. */
async function codeOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}

/** Write one operation of entries of one byte. */
function write(writer: StreamWriter, ...bytes: readonly number[]): Promise<unknown> {
  writer.startAtomicOp()
  for (const byte of bytes) writer.addStreamEntry(2, data(byte))
  return writer.commitAtomicOp()
}

const writers: [name: string, open: (world: SourceWorld) => Promise<StreamWriter> | StreamWriter][] = [
  ['a store', (world) => world.store],
  ['a source', (world) => world.source()],
]

describe.each(writers)('%s', (_, open) => {
  test('writes operations, and looks up what it wrote', async () => {
    await using world = await SourceWorld.start({ store: { systemId: 9n } })
    const writer = await open(world)
    writer.startAtomicOp()
    expect(writer.addStreamBookmark(data(1, 2))).toBe(0n)
    expect(writer.addStreamEntry(7, data(3))).toBe(1n)
    expect(writer.addStreamEntry(8, data())).toBe(2n)
    expect(await writer.commitAtomicOp()).toEqual({ firstEntry: 0n, nextEntry: 3n })
    expect(await writer.getHeader()).toMatchObject({ totalEntries: 3n, systemId: 9n })
    expect(await writer.getEntry(1n)).toMatchObject({ type: 7, number: 1n })
    expect(await writer.getEntry(3n)).toBeUndefined()
    expect(await writer.getBookmark(data(1, 2))).toBe(0n)
    expect(await writer.getBookmark(data(1))).toBeUndefined()
    expect(await writer.getFirstEventAfterBookmark(data(1, 2))).toMatchObject({ number: 1n })
    await writer.updateEntryData(1n, 7, data(4))
    expect((await writer.getEntry(1n))?.data).toEqual(data(4))
    await writer.truncateFile(2n)
    expect(await writer.getHeader()).toMatchObject({ totalEntries: 2n })
    writer.startAtomicOp()
    expect(await writer.commitAtomicOp()).toEqual({ firstEntry: 2n, nextEntry: 2n })
    await writer.writable()
    await writer.close()
  })

  test('takes many operations at once, and forgets those that are rolled back', async () => {
    await using world = await SourceWorld.start()
    const writer = await open(world)
    const commits: Promise<unknown>[] = []
    for (let i = 0; i < 100; i++) {
      commits.push(write(writer, i, i))
      writer.startAtomicOp()
      expect(writer.addStreamEntry(1, data(200))).toBe(BigInt(2 * i + 2))
      writer.rollbackAtomicOp()
    }
    const results = await Promise.all(commits)
    expect(results[99]).toEqual({ firstEntry: 198n, nextEntry: 200n })
    expect(await world.bytes()).toEqual(Array.from({ length: 200 }, (_, i) => i >> 1))
  })

  test('refuses what cannot be, and stays as it was', async () => {
    await using world = await SourceWorld.start()
    const writer = await open(world)
    expect(await codeOf(() => writer.addStreamEntry(1, data()))).toBe('NO_ATOMIC_OP')
    expect(await codeOf(() => writer.addStreamBookmark(data(1)))).toBe('NO_ATOMIC_OP')
    expect(await codeOf(() => writer.commitAtomicOp())).toBe('NO_ATOMIC_OP')
    expect(await codeOf(() => writer.rollbackAtomicOp())).toBe('NO_ATOMIC_OP')
    writer.startAtomicOp()
    expect(await codeOf(() => writer.startAtomicOp())).toBe('ATOMIC_OP_IN_PROGRESS')
    expect(await codeOf(() => writer.truncateFile(0n))).toBe('ATOMIC_OP_IN_PROGRESS')
    expect(await codeOf(() => writer.addStreamEntry(-1, data()))).toBe('BAD_ENTRY_TYPE')
    expect(await codeOf(() => writer.addStreamEntry(1.5, data()))).toBe('BAD_ENTRY_TYPE')
    expect(await codeOf(() => writer.addStreamEntry(1, new Uint8Array(1_048_560)))).toBe('ENTRY_TOO_LARGE')
    expect(await codeOf(() => writer.addStreamBookmark(data()))).toBe('BAD_BOOKMARK')
    expect(await codeOf(() => writer.addStreamBookmark(new Uint8Array(17)))).toBe('BAD_BOOKMARK')
    expect(writer.addStreamEntry(1, new Uint8Array(1_048_559))).toBe(0n)
    expect(await writer.commitAtomicOp()).toEqual({ firstEntry: 0n, nextEntry: 1n })
    expect(await codeOf(() => writer.updateEntryData(5n, 1, data()))).toBe('ENTRY_NOT_FOUND')
    expect(await codeOf(() => writer.updateEntryData(0n, 1, data()))).toBe('ENTRY_DIFFERS')
    expect(await codeOf(() => writer.truncateFile(1n))).toBe('ENTRY_NOT_FOUND')
    const truncating = writer.truncateFile(0n)
    expect(await codeOf(() => writer.startAtomicOp())).toBe('TRUNCATE_IN_PROGRESS')
    expect(await codeOf(() => writer.truncateFile(0n))).toBe('TRUNCATE_IN_PROGRESS')
    await truncating
    expect(await write(writer, 1)).toEqual({ firstEntry: 0n, nextEntry: 1n })
    await writer.close()
    expect(await codeOf(() => writer.startAtomicOp())).toBe('CLOSED')
  })
})

test('data may be used again as soon as it was added', async () => {
  await using world = await SourceWorld.start()
  await using source = await world.source()
  const shared = data(1)
  source.startAtomicOp()
  source.addStreamEntry(1, shared)
  shared[0] = 2
  source.addStreamEntry(1, shared)
  await source.commitAtomicOp()
  expect(await world.bytes()).toEqual([1, 2])
})

test('an operation may be larger than what is buffered', async () => {
  await using world = await SourceWorld.start({ store: { spillBytes: 1_048_576 } })
  await using source = await world.source({ bufferBytes: 100_000 })
  source.startAtomicOp()
  for (let i = 0; i < 40; i++) {
    source.addStreamEntry(1, new Uint8Array(1_000_000).fill(i))
    await source.writable()
  }
  await source.commitAtomicOp()
  expect(await world.bytes()).toEqual(Array.from({ length: 40 }, (_, i) => i))
})

test('what is not acknowledged is bounded', async () => {
  await using world = await SourceWorld.start()
  await using source = await world.source({ bufferBytes: 50_000, maxBufferedBytes: 200_000 })
  let most = 0
  let last: Promise<unknown> | undefined
  for (let i = 0; i < 300; i++) {
    source.startAtomicOp()
    source.addStreamEntry(1, new Uint8Array(10_000))
    last = source.commitAtomicOp()
    await source.writable()
    most = Math.max(most, source.status.bufferedBytes)
  }
  expect(most).toBeLessThan(61_000)
  await last
  source.startAtomicOp()
  for (let i = 0; i < 20; i++) source.addStreamEntry(1, new Uint8Array(10_000))
  expect(await codeOf(() => source.addStreamEntry(1, data()))).toBe('TOO_MUCH_PENDING')
  source.rollbackAtomicOp()
})

test('operations behind one that is refused fail with it; then it goes on', async () => {
  await using world = await SourceWorld.start()
  await using source = await world.source()
  await write(source, 1)
  world.store.startAtomicOp()
  const commits = [write(source, 2), write(source, 3)].map((commit) => failure(commit))
  source.startAtomicOp()
  source.addStreamEntry(1, data(4))
  expect(await commits[0]).toMatchObject({ name: 'SourceRefusedError', code: 'ATOMIC_OP_IN_PROGRESS' })
  expect(await codeOf(() => source.addStreamEntry(1, data(5)))).toBe('ATOMIC_OP_FAILED')
  expect(await codeOf(() => source.commitAtomicOp())).toBe('ATOMIC_OP_FAILED')
  expect(await commits[1]).toMatchObject({ code: 'ATOMIC_OP_FAILED', cause: { code: 'ATOMIC_OP_IN_PROGRESS' } })
  world.store.addStreamEntry(1, data(99))
  await world.store.commitAtomicOp()
  expect(await failure(write(source, 5))).toMatchObject({ code: 'WRONG_FIRST_ENTRY' })
  expect(await write(source, 6)).toEqual({ firstEntry: 2n, nextEntry: 3n })
  expect(await world.bytes()).toEqual([1, 99, 6])
})

describe('is not accepted', () => {
  const hindrances: [name: string, world: WorldOptions, options: object, expected: object][] = [
    ['without the token', { server: { token: 'secret' } }, {}, { name: 'SourceRejectedError', code: 'UNAUTHORIZED' }],
    ['with another token', { server: { token: 'secret' } }, { token: 'Secret' }, { code: 'UNAUTHORIZED' }],
    ['to another stream type', {}, { streamType: 2n }, { code: 'WRONG_STREAM_TYPE', retryable: false }],
    ['to another system', { store: { systemId: 9n } }, { systemId: 8n }, { name: 'StreamChangedError' }],
    ['to another version', {}, { version: 77 }, { name: 'StreamChangedError', field: 'version' }],
    ['to a stream that is too short', {}, { nextEntry: 1n }, { name: 'SourceConflictError', code: 'ENTRIES_MISSING' }],
  ]
  test.each(hindrances)('%s', async (_, options, sourceOptions, expected) => {
    await using world = await SourceWorld.start(options)
    expect(await failure(world.source(sourceOptions))).toMatchObject(expected)
  })

  test('to a stream that is too long', async () => {
    await using world = await SourceWorld.start()
    await write(world.store, 1, 2)
    expect(await failure(world.source({ nextEntry: 1n }))).toMatchObject({
      code: 'ENTRIES_UNKNOWN',
      expectedEntries: 1n,
      serverTotalEntries: 2n,
    })
    await using source = await world.source({ nextEntry: 2n })
    expect(await write(source, 3)).toEqual({ firstEntry: 2n, nextEntry: 3n })
  })

  test('while another source is there; but with its id it takes over, and the other one is notified', async () => {
    await using world = await SourceWorld.start()
    await using first = await world.source({ sourceId: 'sequencer' })
    await write(first, 1)
    expect(await failure(world.source())).toMatchObject({ code: 'BUSY', retryable: true })
    await using second = await world.source({ sourceId: 'sequencer' })
    expect(await failure(first.getHeader())).toMatchObject({ code: 'SUPERSEDED', retryable: false })
    expect(() => first.startAtomicOp()).toThrow(expect.objectContaining({ code: 'SUPERSEDED' }))
    expect(await write(second, 2)).toEqual({ firstEntry: 1n, nextEntry: 2n })
  })

  test('where nobody listens', async () => {
    await using world = await SourceWorld.start()
    const { port } = world.proxy
    await world.proxy[Symbol.asyncDispose]()
    expect(await failure(connectSource({ host: '127.0.0.1', port }))).toMatchObject({ code: 'REFUSED' })
  })

  test.each([{ sourceId: '' }, { sourceId: 'ä' }, { token: 'x'.repeat(1025) }, { bufferBytes: 0 }, { nextEntry: -1n }])(
    'with options out of range: %o',
    async (options) => {
      await using world = await SourceWorld.start()
      expect(await failure(world.source(options))).toBeInstanceOf(RangeError)
    },
  )
})

test('over TLS, with a certificate on both sides', async () => {
  const tls = { cert: CERTIFICATE, key: KEY, ca: CERTIFICATE, requestCert: true }
  await using world = await SourceWorld.start({ listen: { host: '0.0.0.0', tls } })
  await using source = await world.source({ tls: { ca: CERTIFICATE, cert: CERTIFICATE, key: KEY } })
  expect(await write(source, 1)).toEqual({ firstEntry: 0n, nextEntry: 1n })
  await source.close()
  expect(await failure(world.source({ tls: { ca: CERTIFICATE } }))).toMatchObject({ name: 'ConnectionError' })
  expect(await failure(world.source({ tls: {} }))).toMatchObject({ code: 'TLS' })
  expect(await failure(world.source({ responseTimeoutMs: 200 }))).toMatchObject({ name: 'ConnectionError' })
})

describe('the end', () => {
  test('waits for answers', async () => {
    await using world = await SourceWorld.start()
    const source = await world.source()
    const commits = Array.from({ length: 50 }, (_, i) => write(source, i))
    source.startAtomicOp()
    source.addStreamEntry(1, data(99))
    await source.close()
    expect(await commits[49]).toEqual({ firstEntry: 49n, nextEntry: 50n })
    expect(await world.bytes()).toHaveLength(50)
    await source.close()
    expect(await failure(source.getHeader())).toMatchObject({ code: 'CLOSED' })
  })

  test('does not wait longer than it may', async () => {
    await using world = await SourceWorld.start()
    const source = await world.source()
    await world.down()
    const commit = failure(write(source, 1))
    await source.close({ graceMs: 50 })
    expect(await commit).toMatchObject({ name: 'ConnectionError', code: 'CLOSED' })
  })

  test.each(['connected', 'dialling'])('comes with a signal at once: %s', async (state) => {
    await using world = await SourceWorld.start()
    const controller = new AbortController()
    const source = await world.source({ signal: controller.signal })
    if (state === 'dialling') await world.down()
    const commit = failure(write(source, 1))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await commit).toBe(reason)
    expect(() => source.startAtomicOp()).toThrow(reason)
    await source.writable()
    await source.close()
    expect(await failure(world.source({ signal: controller.signal }))).toBe(reason)
  })
})
