import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { type Clock, systemClock } from '@datastreamer/runtime'
import { describe, expect, test, vi } from 'vitest'
import { DiskError, openStore, type StoreEvent, type StreamStore } from '../src/index.ts'
import { gatedDisk } from './gated-disk.ts'

type TempDir = ReturnType<typeof tempDir>

async function commitOne(store: StreamStore): Promise<void> {
  store.startAtomicOp()
  store.addStreamEntry(1, Uint8Array.of(1))
  await store.commitAtomicOp()
}

/** Events of a store, and tests that wait for them. */
class Events {
  readonly events: StoreEvent[] = []
  #wake: () => void = () => {}

  readonly onEvent = (event: StoreEvent): void => {
    this.events.push(event)
    this.#wake()
  }

  async next(name: StoreEvent['event']): Promise<StoreEvent> {
    for (;;) {
      const at = this.events.findIndex(({ event }) => event === name)
      const [found] = at < 0 ? [] : this.events.splice(0, at + 1).slice(-1)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Write another total into the header, like a program that commits. */
function commitElsewhere(file: string): void {
  overwrite(file, 16 + 30 + 7, Uint8Array.of(9))
}

function overwrite(file: string, position: number, bytes: Uint8Array): void {
  const fd = openSync(file, 'r+')
  writeSync(fd, bytes, 0, bytes.length, position)
  closeSync(fd)
}

const LOSSES = [
  { what: 'the file is removed', code: 'FILE_REPLACED', lose: (dir: TempDir) => rmSync(dir.join('data-stream.bin')) },
  {
    what: 'the file is moved',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => renameSync(dir.join('data-stream.bin'), dir.join('away')),
    back: (dir: TempDir) => renameSync(dir.join('away'), dir.join('data-stream.bin')),
  },
  {
    what: 'a copy is put in the place of the file',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => {
      copyFileSync(dir.join('data-stream.bin'), dir.join('copy'))
      renameSync(dir.join('copy'), dir.join('data-stream.bin'))
    },
  },
  {
    what: 'the commit log is moved',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => renameSync(dir.join('data-stream.commits'), dir.join('away')),
    back: (dir: TempDir) => renameSync(dir.join('away'), dir.join('data-stream.commits')),
  },
  {
    what: 'the commit log is emptied where it lies',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => truncateSync(dir.join('data-stream.commits'), 0),
  },
  {
    what: 'the records of the commit log are cut off where it lies',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => truncateSync(dir.join('data-stream.commits'), 4096),
  },
  {
    what: 'something else is written over the commit log where it lies',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => writeFileSync(dir.join('data-stream.commits'), new Uint8Array(8192).fill(0x41)),
  },
  {
    what: 'the index folder is removed',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => rmSync(dir.join('data-stream.db'), { recursive: true }),
  },
  {
    what: 'another index folder is put in its place',
    code: 'FILE_REPLACED',
    lose: (dir: TempDir) => {
      renameSync(dir.join('data-stream.db'), dir.join('away'))
      mkdirSync(dir.join('data-stream.db'))
    },
    back: (dir: TempDir) => {
      rmSync(dir.join('data-stream.db'), { recursive: true })
      renameSync(dir.join('away'), dir.join('data-stream.db'))
    },
  },
  {
    what: 'another program writes the header, as a Go server does that came by a hard link',
    code: 'FOREIGN_WRITER',
    lose: (dir: TempDir) => commitElsewhere(dir.join('data-stream.bin')),
  },
  {
    what: 'another file is copied over it, and a commit has put our header back',
    code: 'FOREIGN_WRITER',
    lose: (dir: TempDir) => {
      copyFileSync(dir.join('data-stream.bin'), dir.join('kept'))
      overwrite(dir.join('data-stream.bin'), 4096, new Uint8Array(100))
    },
    back: (dir: TempDir) => copyFileSync(dir.join('kept'), dir.join('data-stream.bin')),
  },
] as const

describe.each(LOSSES)('$what', ({ code, lose, ...rest }) => {
  test('it is reported without a commit, and nothing more is committed', async () => {
    using dir = tempDir()
    const events = new Events()
    await using store = await openStore({
      file: dir.join('data-stream.bin'),
      fileCheckMs: 5,
      onEvent: events.onEvent,
    })
    await commitOne(store)
    lose(dir)
    expect(await events.next('file-lost')).toMatchObject({ error: { code } })
    expect(() => store.startAtomicOp()).toThrow(expect.objectContaining({ code }))
    await expect(store.truncateFile(0n)).rejects.toMatchObject({ code })
    await expect(store.updateEntryData(0n, 1, Uint8Array.of(2))).rejects.toMatchObject({ code })
    expect((await store.getEntry(0n))?.data).toEqual(Uint8Array.of(1))
    if (!('back' in rest)) return
    rest.back(dir)
    await events.next('file-found')
    await commitOne(store)
    expect(store.getHeader().totalEntries).toBe(2n)
  })

  test('an operation that was open is refused, and so is a queued one', async () => {
    using dir = tempDir()
    const events = new Events()
    await using store = await openStore({
      file: dir.join('data-stream.bin'),
      fileCheckMs: 5,
      onEvent: events.onEvent,
    })
    await commitOne(store)
    store.startAtomicOp()
    store.addStreamEntry(1, Uint8Array.of(2))
    lose(dir)
    await events.next('file-lost')
    await expect(store.commitAtomicOp()).rejects.toMatchObject({ code })
    expect(store.getHeader().totalEntries).toBe(1n)
  })
})

/** A store whose next sync takes long by its clock; `lose` happens meanwhile. */
async function slowCommit(dir: TempDir, lose: () => void, events: Events): Promise<StreamStore> {
  const { gate, disk } = gatedDisk()
  let lateMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + lateMs }
  // A period that no timer reaches here: only the check after the write finds it.
  const options = { fileCheckMs: 2_000_000_000, reopenDelayMs: () => 1, onEvent: events.onEvent, disk, clock }
  const store = await openStore({ file: dir.join('stream.bin'), ...options })
  await commitOne(store)
  let syncs = 0
  gate.beforeSync = async () => {
    // The first is that of the data, the second that of the header.
    if (++syncs !== 2) return
    lateMs = 1500
    lose()
  }
  await expect(commitOne(store)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  return store
}

test('the lock of the index at the target of a link is lost with its folder', async () => {
  using dir = tempDir()
  await (await openStore({ file: dir.join('data-stream.bin') })).close()
  symlinkSync('data-stream.bin', dir.join('link.bin'))
  const events = new Events()
  await using _ = await openStore({ file: dir.join('link.bin'), fileCheckMs: 20, onEvent: events.onEvent })
  rmSync(dir.join('data-stream.db'), { recursive: true })
  expect(await events.next('file-lost')).toMatchObject({ error: { code: 'FILE_REPLACED' } })
})

test('a commit whose file is lost during a slow sync is not acknowledged', async () => {
  using dir = tempDir()
  const events = new Events()
  await using store = await slowCommit(dir, () => renameSync(dir.join('stream.bin'), dir.join('away')), events)
  expect(await events.next('reopen-failed')).toMatchObject({ error: { code: 'FILE_REPLACED' } })
  expect(() => store.startAtomicOp()).toThrow(DiskError)
  renameSync(dir.join('away'), dir.join('stream.bin'))
  await events.next('reopened')
  expect(store.getHeader().totalEntries).toBe(1n)
})

test('a store that broke does not overwrite what another program wrote', async () => {
  using dir = tempDir()
  const events = new Events()
  const file = dir.join('stream.bin')
  const store = await slowCommit(dir, () => commitElsewhere(file), events)
  const bytes = readFileSync(file).subarray(0, 4096)
  expect(await events.next('reopen-failed')).toMatchObject({ error: { code: 'FOREIGN_WRITER' } })
  expect(readFileSync(file).subarray(0, 4096)).toEqual(bytes)
  await store.close().catch(() => undefined)
})

test('other bytes at the last entries are noticed even under a commit that was made since', async () => {
  using dir = tempDir()
  const events = new Events()
  const { gate, disk } = gatedDisk()
  const file = dir.join('stream.bin')
  await using store = await openStore({ file, fileCheckMs: 5, onEvent: events.onEvent, disk })
  await commitOne(store)
  let reads = 0
  gate.beforeRead = async () => void reads++
  // A check takes three at most, so one of them began and ended meanwhile.
  await vi.waitFor(() => expect(reads).toBeGreaterThan(6), { timeout: 60_000, interval: 2 })
  gate.beforeSync = async () => overwrite(file, 4096, new Uint8Array(18))
  store.startAtomicOp()
  store.addStreamEntry(1, new Uint8Array(10_000))
  await store.commitAtomicOp()
  expect(await events.next('file-lost')).toMatchObject({ error: { code: 'FOREIGN_WRITER' } })
})

test('bytes of another file are not delivered once it is noticed', async () => {
  using dir = tempDir()
  const events = new Events()
  const file = dir.join('stream.bin')
  const options = { fsync: 'never', tailPages: 1, fileCheckMs: 5, onEvent: events.onEvent } as const
  await using store = await openStore({ file, ...options })
  for (let i = 0; i < 4; i++) {
    store.startAtomicOp()
    store.addStreamEntry(1, new Uint8Array(900_000).fill(i))
    await store.commitAtomicOp()
  }
  copyFileSync(file, dir.join('kept'))
  const ours = readFileSync(file)
  // The same entries with other data, like another stream of the same shape.
  overwrite(
    file,
    4096,
    ours.subarray(4096).map((byte, i) => (i % 1_048_576 > 17 && byte !== 0 ? 9 : byte)),
  )
  await events.next('file-lost')
  await expect(store.getEntry(1n)).rejects.toMatchObject({ code: 'FOREIGN_WRITER' })
  expect((await store.getEntry(3n))?.data[0]).toBe(3)
  copyFileSync(dir.join('kept'), file)
  await events.next('file-found')
  expect((await store.getEntry(1n))?.data[0]).toBe(1)
})

test('a file that cannot be checked counts as lost, until it can be', async () => {
  using dir = tempDir()
  const events = new Events()
  const file = dir.join('sub', 'data-stream.bin')
  await using store = await openStore({ file, fileCheckMs: 5, onEvent: events.onEvent })
  renameSync(dir.join('sub'), dir.join('away'))
  // A folder on the path is a file: ENOTDIR.
  closeSync(openSync(dir.join('sub'), 'w'))
  expect(await events.next('file-lost')).toMatchObject({ error: { code: 'FILE_REPLACED' } })
  rmSync(dir.join('sub'))
  renameSync(dir.join('away'), dir.join('sub'))
  await events.next('file-found')
  await commitOne(store)
})
