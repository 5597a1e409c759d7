import { tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { ELSEWHERE, TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

function start(source: Source, file: string, ...args: readonly string[]): Promise<TestRelay> {
  const never = new AbortController().signal
  return TestRelay.start(['--server', source.address, '--file', file, ...args], never, () => undefined, ELSEWHERE)
}

/** An operation that is worth compressing. */
function* large(fill: number): Generator<{ readonly type: number; readonly data: Uint8Array }> {
  for (let i = 0; i < 200; i++) yield { type: 1000, data: new Uint8Array(700).fill(fill + i) }
}

test('what a relay receives compressed it has byte for byte, at every place where an operation ends', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin'), store: { tailPages: 1 } })
  for (const operation of generateStream({ blocks: 3000n })) await source.commit(operation)
  await source.commitMany(2000, 20)
  await using relay = await start(source, dir.join('relay.bin'))
  const totals = new Set<bigint>()
  await until('caught up', async () => {
    totals.add(await relay.total())
    return (await relay.total()) === source.total
  })
  const { compression } = await source.server.counters()
  // The made-up blocks hardly shrink, what follows them does.
  expect(compression.bytesSent).toBeGreaterThan(0)
  expect(compression.bytesBefore).toBeGreaterThan(2 * compression.bytesSent)
  expect((await relay.status()).relay).toMatchObject({
    state: 'streaming',
    operationBoundaries: true,
    compression: true,
  })
  for (let i = 0; i < 20; i++) {
    await source.commit(large(i))
    await source.commitMany(3, 2, i)
  }
  await until('live', async () => (await relay.total()) === source.total)
  for (const total of totals) expect(source.ends).toContain(total)
  expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
  // A second one in a row, which begins where the first has all of it.
  await using next = await TestRelay.start(['--server', relay.address, '--file', dir.join('next.bin')])
  await until('caught up', async () => (await next.total()) === source.total)
  expectEqualFiles(dir.join('source.bin'), dir.join('next.bin'))
})

test('with --no-compression a relay neither asks for it nor knows it', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commit(large(1))
  await using relay = await start(source, dir.join('relay.bin'), '--no-compression')
  await until('caught up', async () => (await relay.total()) === source.total)
  expect((await source.server.counters()).compression).toMatchObject({ runs: 0, bytesSent: 0 })
  await using next = await TestRelay.start(
    ['--server', relay.address, '--file', dir.join('next.bin')],
    undefined,
    undefined,
    ELSEWHERE,
  )
  await until('caught up', async () => (await next.total()) === source.total)
  expect((await next.status()).relay).toMatchObject({ operationBoundaries: true, compression: false })
  expectEqualFiles(dir.join('source.bin'), dir.join('next.bin'))
})
