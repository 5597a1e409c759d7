import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { connect } from '@datastreamer/client'
import { connectSource } from '@datastreamer/client/source'
import { tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { TestServer } from './server.ts'

/** Where the second data page begins. */
const SECOND_PAGE = 4096 + 1_048_576

/** A file of six pages. */
async function makeFile(file: string): Promise<void> {
  const store = await openStore({ file, fsync: 'never' })
  store.startAtomicOp()
  for (let i = 0; i < 12; i++) store.addStreamEntry(2, new Uint8Array(500_000).fill(i))
  await store.commitAtomicOp()
  await store.close()
}

/** The second page of a file, which can be made one that is not to be read, and what it was again. */
class SecondPage implements Disposable {
  readonly #disk: number
  readonly #whole = new Uint8Array(5)

  constructor(file: string) {
    this.#disk = openSync(file, 'r+')
    readSync(this.#disk, this.#whole, 0, this.#whole.length, SECOND_PAGE)
  }

  spoil(): void {
    this.#write(new Uint8Array(this.#whole.length).fill(0xee))
  }

  heal(): void {
    this.#write(this.#whole)
  }

  [Symbol.dispose](): void {
    closeSync(this.#disk)
  }

  #write(bytes: Uint8Array): void {
    writeSync(this.#disk, bytes, 0, bytes.length, SECOND_PAGE)
  }
}

test('what cannot be read makes /readyz say so, until it can be read again', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await makeFile(file)
  await using server = TestServer.start(['--read-only', '--file', file, '--admin-port', '0'])
  const port = await server.port()
  const ready = async (): Promise<string> => (await server.admin('/readyz')).text()
  const read = async (name: 'entry' | 'stream'): Promise<void> => {
    await using client = await connect({ host: '127.0.0.1', port, backoff: { maxAttempts: 1 } })
    if (name === 'entry') await client.getEntry(2n)
    else for await (const _ of client.entries({ from: 0n, follow: false }));
  }
  await read('entry')
  expect(await ready()).toBe('ready\n')
  using page = new SecondPage(file)
  for (const name of ['entry', 'stream'] as const) {
    page.spoil()
    await expect(read(name)).rejects.toThrow()
    expect(await ready()).toMatch(/^not ready: the stream cannot be read: .*s\.bin: .*page 1/)
    // Others are served on.
    await using client = await connect({ host: '127.0.0.1', port })
    expect((await client.getEntry(0n))?.data.length).toBe(500_000)
    page.heal()
    await expect.poll(ready).toBe('ready\n')
  }
  await read('stream')
})

test('what only a source asked for makes /readyz say so too', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await makeFile(file)
  const flags = ['--file', file, '--admin-port', '0', '--source-port', '0', '--scrub', 'off']
  await using server = TestServer.start(flags)
  await using source = await connectSource({ host: '127.0.0.1', port: await server.port('source') })
  const ready = async (): Promise<string> => (await server.admin('/readyz')).text()
  using page = new SecondPage(file)
  page.spoil()
  await expect(source.getEntry(2n)).rejects.toMatchObject({ code: 'READ_FAILED' })
  await expect.poll(ready).toMatch(/^not ready: the stream cannot be read: .*page 1/)
  page.heal()
  await expect.poll(ready).toBe('ready\n')
  expect((await source.getEntry(2n))?.data.length).toBe(500_000)
})

test.each(['update', 'truncation'] as const)('so does what could not be read for its %s', async (change) => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await makeFile(file)
  const flags = ['--file', file, '--admin-port', '0', '--source-port', '0', '--scrub', 'off']
  await using server = TestServer.start(flags)
  await using source = await connectSource({ host: '127.0.0.1', port: await server.port('source') })
  const ready = async (): Promise<string> => (await server.admin('/readyz')).text()
  const make = async (): Promise<void> =>
    change === 'update' ? source.updateEntryData(2n, 2, new Uint8Array(500_000).fill(9)) : source.truncateFile(2n)
  using page = new SecondPage(file)
  page.spoil()
  await expect(make()).rejects.toMatchObject({ code: 'READ_FAILED' })
  await expect.poll(ready).toMatch(/^not ready: the stream cannot be read: .*page 1/)
  page.heal()
  await expect.poll(ready).toBe('ready\n')
  await make()
  expect((await source.getHeader()).totalEntries).toBe(change === 'update' ? 12n : 2n)
})
