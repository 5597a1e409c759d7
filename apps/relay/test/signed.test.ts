import { existsSync, writeFileSync } from 'node:fs'
import { StreamClient } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { formatSignerKey, formatVerifierKey, type SignerKey, signerKey } from '@datastreamer/format/signing'
import { StreamSignatures } from '@datastreamer/server'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { TestRelay, until } from './support/relay.ts'
import { entriesOf, Source } from './support/source.ts'

const keyOf = (number: number): Promise<SignerKey> => signerKey('origin', new Uint8Array(32).fill(number))
const large = (count: number) =>
  [...entriesOf(count, 3)].map(({ type }) => ({ type, data: new Uint8Array(1000).fill(type) }))

/** A server that signs its stream. */
class SignedSource implements AsyncDisposable {
  readonly source: Source
  readonly signatures: StreamSignatures
  readonly publicKey: string

  private constructor(source: Source, signatures: StreamSignatures, publicKey: string) {
    this.source = source
    this.signatures = signatures
    this.publicKey = publicKey
  }

  static async start(file: string, keys?: readonly SignerKey[]): Promise<SignedSource> {
    const [key = await keyOf(1), ...others] = keys ?? []
    const store = await openStore({ file, systemId: 1101n, version: 2, fsync: 'never' })
    const signatures = await StreamSignatures.open({ log: store.log, keys: [key, ...others] })
    const source = await Source.serve(store, { signatures })
    await until('the source grants signatures', () => signatures.isGranted)
    return new SignedSource(source, signatures, formatVerifierKey(key))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.server.close({ graceMs: 0 })
    await this.signatures.close()
    await this.source.store.close()
  }
}

async function readAll(port: number, publicKey: string, from = 0n): Promise<bigint> {
  await using client = new StreamClient(`127.0.0.1:${port}`, { publicKey, responseTimeoutMs: 60_000 })
  let next = from
  for await (const { number } of client.entries({ from, follow: false })) {
    expect(number).toBe(next)
    next++
  }
  return next
}

async function caughtUp(relay: TestRelay, source: Source): Promise<void> {
  await until('caught up', async () => (await relay.total()) === source.total)
  await until('signed', async () => (await relay.signedEntries()) === Number(source.total))
}

const follow = (
  dir: ReturnType<typeof tempDir>,
  name: string,
  server: string,
  ...more: readonly string[]
): Promise<TestRelay> => TestRelay.start(['--server', server, '--file', dir.join(`${name}.bin`), ...more])

test('a client verifies through a relay and a relay of that, from the beginning and live', async () => {
  using dir = tempDir()
  await using origin = await SignedSource.start(dir.join('source.bin'))
  const { source, publicKey } = origin
  for (let i = 0; i < 60; i++) await source.commit(large(50))
  await using first = await follow(dir, 'first', source.address)
  await using second = await follow(dir, 'second', first.address, '--server-public-key', publicKey)
  await caughtUp(second, source)
  expect(await readAll(second.port, publicKey)).toBe(source.total)
  await source.commitMany(50, 3)
  await caughtUp(second, source)
  expect(await readAll(second.port, publicKey, 2990n)).toBe(source.total)
})

test('a relay without an upstream has the signatures that it passed on before', async () => {
  using dir = tempDir()
  await using origin = await SignedSource.start(dir.join('source.bin'))
  const { source, publicKey } = origin
  for (let i = 0; i < 25; i++) await source.commit(large(50))
  {
    await using relay = await follow(dir, 'relay', source.address)
    await caughtUp(relay, source)
  }
  await using alone = await follow(dir, 'relay', '127.0.0.1:1')
  await until('signed', async () => (await alone.signedEntries()) === Number(source.total))
  expect(await readAll(alone.port, publicKey)).toBe(source.total)
})

test('signatures of what a relay had before are fetched', async () => {
  using dir = tempDir()
  {
    await using plain = await Source.start({ file: dir.join('source.bin') })
    for (let i = 0; i < 150; i++) await plain.commit(large(50))
    await using relay = await follow(dir, 'relay', plain.address)
    await until('caught up', async () => (await relay.total()) === plain.total)
    expect(await relay.signedEntries()).toBe(-1)
    // Nothing is hashed and no file is made for what nobody signs.
    expect(existsSync(dir.join('relay.signatures'))).toBe(false)
  }
  await using origin = await SignedSource.start(dir.join('source.bin'))
  const { source, publicKey } = origin
  await using relay = await follow(dir, 'relay', source.address)
  await source.commitMany(1, 1)
  await caughtUp(relay, source)
  let read: bigint | undefined
  await until('all is signed', async () => {
    read = await readAll(relay.port, publicKey).catch(() => undefined)
    return read !== undefined
  })
  expect(read).toBe(source.total)
})

test('a relay that follows a truncation passes on what is signed after it', async () => {
  using dir = tempDir()
  await using origin = await SignedSource.start(dir.join('source.bin'))
  const { source, publicKey } = origin
  for (let i = 0; i < 25; i++) await source.commit(large(50))
  await using relay = await follow(dir, 'relay', source.address, '--on-truncate', 'follow', '--truncate-grace', '1ms')
  await caughtUp(relay, source)
  await source.truncate(700n)
  await source.commitMany(40, 25, 9)
  await caughtUp(relay, source)
  expect(await readAll(relay.port, publicKey)).toBe(source.total)
})

test('a relay signs itself what its server does not', async () => {
  using dir = tempDir()
  writeFileSync(dir.join('key'), `${formatSignerKey(await keyOf(7))}\n`)
  await using source = await Source.start({ file: dir.join('source.bin') })
  for (let i = 0; i < 25; i++) await source.commit(large(50))
  await using first = await follow(dir, 'first', source.address, '--sign-key', dir.join('key'))
  await using second = await follow(dir, 'second', first.address)
  await caughtUp(second, source)
  expect(await readAll(second.port, formatVerifierKey(await keyOf(7)))).toBe(source.total)
  const signing = first.lines.find(({ event }) => event === 'signing')
  expect(signing?.msg).toContain(formatVerifierKey(await keyOf(7)))
})

test('a relay that wants a proof does not follow a server that gives none', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commitMany(3, 3)
  await using origin = await SignedSource.start(dir.join('signed.bin'))
  await origin.source.commitMany(5, 3)
  const { publicKey } = origin
  const servers = `${source.address},${origin.source.address}`
  await using relay = await follow(dir, 'relay', servers, '--server-public-key', publicKey)
  await caughtUp(relay, origin.source)
  const failed = relay.lines.find(({ event }) => event === 'upstream-failed')
  expect(failed?.msg).toContain('does not sign its stream')
})

test('a replaced key: its successor signs beside it, and then alone', async () => {
  using dir = tempDir()
  const [old, fresh] = [await keyOf(1), await keyOf(2)]
  {
    await using origin = await SignedSource.start(dir.join('source.bin'), [old])
    for (let i = 0; i < 25; i++) await origin.source.commit(large(50))
    await using relay = await follow(dir, 'relay', origin.source.address)
    await caughtUp(relay, origin.source)
    expect(await readAll(relay.port, formatVerifierKey(old))).toBe(1250n)
  }
  await using both = await SignedSource.start(dir.join('source.bin'), [old, fresh])
  await both.source.commitMany(1, 1)
  await using again = await follow(dir, 'relay', both.source.address)
  await caughtUp(again, both.source)
  expect(await readAll(again.port, formatVerifierKey(old))).toBe(1251n)
  let read: bigint | undefined
  await until('old pages are signed with the new key', async () => {
    read = await readAll(again.port, formatVerifierKey(fresh)).catch(() => undefined)
    return read !== undefined
  })
  expect(read).toBe(1251n)
})
