import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLI, datastreamer, jsonOf, linesOf, SERVER } from './cli.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const file = folder.join('s.bin')
let server: SourceProcess
let address: string

beforeAll(async () => {
  await linesOf('generate', file, '--blocks', '40', '--seed', '7')
  server = new SourceProcess(SERVER, ['--read-only', '--port', '0', '--file', file], { timeoutMs: 600_000 })
  address = (await server.firstLine()).replace('ready stream=', '')
})

afterAll(async () => {
  await server?.end()
})

test.each([
  ['block:7', 'block:5', '--to block:5 is before --from block:7'],
  ['2', '1', '--to 1 is before --from 2'],
])('from %s to %s is refused', async (from, to, message) => {
  const { status, stdout, stderr } = await datastreamer('tail', file, '--from', from, '--to', to)
  expect([status, stdout, stderr]).toEqual([2, '', `datastreamer: ${message}\n`])
})

test.each(['2', 'block:39', 'batch:0'])('from the head to %s, which is there already, is refused', async (to) => {
  for (const src of [file, address]) {
    const { status, stdout, stderr } = await datastreamer('tail', src, '--from', 'latest', '--to', to)
    const message = `datastreamer: --to ${to} is before --from latest\n`
    expect([status, stdout, stderr]).toEqual([2, '', message])
  }
})

test('an end that is before the start ends it, with nothing of what comes', async () => {
  const ends = await jsonOf('tail', file, '--no-follow')
  const endsAtOnce = async (type: number, to: string): Promise<void> => {
    const entry = ends.findLast((end) => end.type === type)
    const { status, stdout } = await datastreamer('tail', file, '--from', String(entry?.number), '--to', to)
    expect([status, stdout]).toEqual([0, ''])
  }
  await endsAtOnce(6, 'block:0')
  await endsAtOnce(4, 'batch:0')
})

test('says that entries may be of another encoding', async () => {
  const { status, stderr } = await datastreamer('tail', file, '--blocks', '--no-follow', '--generation', 'etrog')
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^datastreamer: entry 1: .* \(--generation says how /)])
})

test('prints blocks as JSON with the names of the protobuf fields', async () => {
  const blocks = await jsonOf('tail', file, '--blocks', '--no-follow')
  expect(blocks.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => String(i)))
  const withTransaction = blocks.find(({ transactions }) => Array.isArray(transactions) && transactions.length > 0)
  expect(withTransaction).toEqual({
    entryNumber: expect.stringMatching(/^\d+$/),
    number: expect.stringMatching(/^\d+$/),
    batchNumber: expect.stringMatching(/^\d+$/),
    forkId: '9',
    timestamp: expect.stringMatching(/^\d+$/),
    deltaTimestamp: expect.any(Number),
    minTimestamp: '0',
    l1Blockhash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    l1InfotreeIndex: expect.any(Number),
    hash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    stateRoot: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    globalExitRoot: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    coinbase: expect.stringMatching(/^0x[0-9a-f]{40}$/),
    blockGasLimit: expect.stringMatching(/^\d+$/),
    blockInfoRoot: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    baseFee: expect.stringMatching(/^0x/),
    transactions: expect.arrayContaining([
      {
        index: '0',
        isValid: expect.any(Boolean),
        encoded: expect.stringMatching(/^0x[0-9a-f]+$/),
        effectiveGasPricePercentage: expect.any(Number),
        imStateRoot: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      },
    ]),
  })
})

test('knows the fork id also in the middle of a batch', async () => {
  const blocks = await jsonOf('tail', file, '--blocks', '--from', 'block:11', '--to', 'block:13')
  expect(blocks.map(({ number, forkId }) => [number, forkId])).toEqual([
    ['11', '9'],
    ['12', '9'],
    ['13', '9'],
  ])
})

test('from and to hold the whole of what they name', async () => {
  const kinds = async (...args: string[]): Promise<string[]> => {
    return (await linesOf('tail', file, ...args)).map((line) => line.trim().split(/\s{2,}/)[1] ?? '')
  }
  const block = await kinds('--from', 'block:3', '--to', 'block:3')
  expect([block[0], block[1], block.at(-1)]).toEqual(['bookmark', 'l2Block', 'l2BlockEnd'])
  const batch = await kinds('--from', 'batch:1', '--to', 'batch:1')
  expect([batch[0], batch[1], batch.at(-1)]).toEqual(['bookmark', 'batchStart', 'batchEnd'])
  expect(await kinds('--from', '5', '--to', '7')).toHaveLength(3)
  expect(await kinds('--to', '7')).toHaveLength(8)
  expect(await kinds('--from', '5', '--count', '4')).toHaveLength(4)
})

test.each([['file'], ['server']])('the last entries and blocks of a %s', async (of) => {
  const src = of === 'file' ? file : address
  const last = (...args: string[]): Promise<string[]> => linesOf('tail', src, '--no-follow', ...args)
  const [entries, blocks] = await Promise.all([last(), last('--blocks')])
  expect(await last('-n', '10')).toEqual(entries.slice(-10))
  expect(await last('--last', '3', '--blocks')).toEqual(blocks.slice(-3))
  // More than a first look before the head finds, and more than there are.
  expect(await last('-n', '39', '--blocks')).toEqual(blocks.slice(-39))
  expect(await last('-n', '1000', '--blocks')).toEqual(blocks)
  expect(await last('-n', '100000')).toEqual(entries)
  expect(await last('-n', '10', '--count', '2')).toEqual(entries.slice(-10, -8))
})

test.each([
  [['-n', '3', '--from', '0'], '-n and --from both say where to begin: give one of them'],
  [['-n', '3', '--to', '5'], '-n counts from the head of the stream: with --to, give --from'],
])('%j is refused', async (args, message) => {
  const { status, stdout, stderr } = await datastreamer('tail', file, ...args)
  expect([status, stdout, stderr]).toEqual([2, '', `datastreamer: ${message}\n`])
})

test('ends quietly when nobody reads on', async () => {
  await using tail = new SourceProcess(CLI, ['tail', address, '--from', '0'])
  await tail.firstLine()
  tail.child.stdout?.destroy()
  // It follows: what is written next finds the pipe closed.
  const { status, stderr } = await tail.end('SIGINT')
  expect([status, stderr]).toEqual([0, ''])
})

test('prints entries of some types, by number or name, of a file and of a server', async () => {
  const all = await jsonOf('tail', file, '--no-follow')
  for (const src of [file, address]) {
    const some = await jsonOf('tail', src, '--no-follow', '--types', '2, 0xB0,batchStart')
    expect(some).toEqual(all.filter(({ type }) => [1, 2, 0xb0].includes(Number(type))))
    const range = await jsonOf('tail', src, '--from', '5', '--to', '30', '--types', 'L2Block')
    expect(range).toEqual(all.slice(5, 31).filter(({ type }) => type === 2))
    // It ends with what is there, though no entry of the type comes after that.
    const last = String(all.length - 1)
    const none = await datastreamer('tail', src, '--from', '0', '--to', last, '--types', '77')
    expect([none.status, none.stdout]).toEqual([0, ''])
  }
})

test.each([
  [['--types', 'block'], /--types: no entries are of type block, known are: batchStart, l2Block, .*, bookmark$/],
  [['--types', '4294967296'], /Expected numbers of entry types, as 2 or 0xb0, or their names/],
  [['--types', ''], /Expected numbers of entry types/],
  [['--types', Array(65).fill(1).join()], /Expected 64 types at most/],
  [['--types', '2', '--blocks'], /--blocks are made of entries of many types: leave --types out$/],
  [['--types', '2', '-n', '3'], /-n counts entries of all types: with --types, give --from$/],
  [
    ['--types', '2', '--to', 'block:3'],
    /where block:3 ends is said by entries of other types: with --types, give --to N$/,
  ],
])('tail %j is refused', async (options, message) => {
  const { status, stdout, stderr } = await datastreamer('tail', file, ...options)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr.trim()).toMatch(message)
})
