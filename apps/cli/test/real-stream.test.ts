import { writeFileSync } from 'node:fs'
import { hasVectors, readVector, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonOf, SERVER } from './cli.ts'

describe.skipIf(!hasVectors('real-stream'))('the recorded stream of a network', () => {
  const folder = tempDir()
  const file = folder.join('data-stream.bin')
  let facts: Record<string, never> = {}
  let server: SourceProcess
  let address = ''

  beforeAll(async () => {
    facts = JSON.parse(new TextDecoder().decode(readVector('real-stream', 'facts.json')))
    writeFileSync(file, readVector('real-stream', 'data-stream.bin.gz'))
    server = new SourceProcess(SERVER, ['--read-only', '--port', '0', '--file', file], { timeoutMs: 600_000 })
    address = (await server.firstLine()).replace('ready stream=', '')
  })

  afterAll(async () => {
    expect((await server.end()).status).toBe(0)
    folder[Symbol.dispose]()
  })

  const expected = (block: Record<string, unknown>): Record<string, unknown> => {
    const { entry, number, batchNumber, timestamp, minTimestamp, blockGasLimit, ...rest } = block
    const decimal = { number, batchNumber, timestamp, minTimestamp, blockGasLimit, entryNumber: entry }
    return { ...rest, ...Object.fromEntries(Object.entries(decimal).map(([key, value]) => [key, String(value)])) }
  }

  test.each(['file', 'server'])('its blocks, from the %s', async (kind) => {
    const blocks = await jsonOf('tail', kind === 'file' ? file : address, '--from', '0', '--blocks', '--no-follow')
    expect(blocks).toHaveLength(facts.blocks ?? 0)
    expect(blocks.flatMap(({ transactions }) => transactions)).toHaveLength(facts.transactions ?? 0)
    expect(blocks.map(({ number }) => Number(number))).toEqual(Array.from(blocks, (_, i) => i))
    expect(blocks[0]).toMatchObject(expected(facts.firstBlock ?? {}))
    expect(blocks.at(-1)).toMatchObject(expected(facts.lastBlock ?? {}))
    expect([...new Set(blocks.map(({ forkId }) => Number(forkId)))]).toEqual(facts.forkIds)
  })

  test.each(['file', 'server'])('info and sanity agree with its facts, from the %s', async (kind) => {
    const src = kind === 'file' ? file : address
    const [[info], [summary]] = await Promise.all([jsonOf('info', src), jsonOf('sanity', src)])
    expect(info).toMatchObject({ totalLength: facts.totalLength, totalEntries: String(facts.totalEntries) })
    if (kind === 'file') expect(info?.bookmarks).toBe(facts.bookmarks)
    const { totalEntries: entries, bookmarks, batches, blocks, transactions } = facts
    const counts = { entries, bookmarks, batches, blocks, transactions, findings: 0 }
    expect(summary).toMatchObject(
      Object.fromEntries(Object.entries(counts).map(([key, value]) => [key, String(value)])),
    )
  })

  test('verify finds it whole', async () => {
    const [summary] = await jsonOf('verify', file)
    expect(summary).toMatchObject({
      damages: 0,
      entries: String(facts.totalEntries),
      bookmarks: String(facts.bookmarks),
    })
  })
})
