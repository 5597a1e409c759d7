import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { openEra1, toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  defaultHashes,
  EMPTY_TRIE_ROOT,
  encodeBody,
  encodeHeader,
  encodeRlp,
  formatExecutionArchiveName,
  uint256Bytes,
  writeEra1,
} from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import {
  documentedEvents,
  documentedMetrics,
  hasOpenssl,
  hasVectors,
  makeCertificate,
  metricsIn,
  readVector,
  SourceProcess,
  tempDir,
} from '@datastreamer/fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { CLI } from './cli.ts'

const dir = tempDir()
afterAll(() => dir[Symbol.dispose]())

const EMPTY_LIST = encodeRlp([])

/** Write an `.era1` of blocks without transactions; gives its name. */
async function writeBlocks(start: bigint, count: number): Promise<string> {
  let parentHash: Uint8Array = new Uint8Array(32)
  const rows = Array.from({ length: count }, (_, at) => {
    const header: BlockHeader = {
      ...{ parentHash, number: start + BigInt(at), difficulty: 1n, gasLimit: 5000n, gasUsed: 0n, timestamp: 12n },
      ...{ ommersHash: defaultHashes().keccak256(EMPTY_LIST), stateRoot: new Uint8Array(32) },
      ...{ transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT, beneficiary: new Uint8Array(20) },
      ...{ logsBloom: new Uint8Array(256), extraData: new Uint8Array(0), mixHash: new Uint8Array(32) },
      nonce: new Uint8Array(8),
    }
    const rlp = encodeHeader(header)
    parentHash = defaultHashes().keccak256(rlp)
    const totalDifficulty = uint256Bytes(start + BigInt(at) + 1n)
    return { header: rlp, body: encodeBody({ transactions: [], uncles: [] }), receipts: EMPTY_LIST, totalDifficulty }
  })
  const sink = toBytes()
  const { identity } = await writeEra1(sink, { start, read: () => rows })
  const name = formatExecutionArchiveName({ ...identity, network: 'testnet' })
  writeFileSync(dir.join(name), sink.bytes())
  return name
}

const written = Promise.all([writeBlocks(8192n, 20), writeBlocks(24_576n, 10)])
const FLAGS = ['--port', '0', '--chain-id', '77', '--log-format', 'json']

/** A server of the files, started; its addresses. */
async function serve(
  ...args: readonly string[]
): Promise<{ readonly server: SourceProcess; readonly ready: Readonly<Record<string, string>> }> {
  await written
  const server = new SourceProcess(CLI, ['e2store', 'serve', ...args])
  return { server, ready: JSON.parse(await server.firstLine()) }
}

async function call(url: string, method: string, ...params: unknown[]): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  return (await response.json()) as Record<string, unknown>
}

function events(stderr: string): { readonly event: string; readonly msg: string }[] {
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('a folder is served until the process is to end; what is served, and what is not, is said', async () => {
  const { server, ready } = await serve(dir.path, ...FLAGS, '--admin-port', '0')
  await using _ = server
  const url = `http://${ready.rpc}`
  expect(await call(url, 'eth_chainId')).toMatchObject({ result: '0x4d' })
  expect(await call(url, 'eth_blockNumber')).toMatchObject({ result: '0x6009' })
  expect(await call(url, 'eth_getBlockByNumber', '0x2001', true)).toMatchObject({ result: { number: '0x2001' } })
  expect(await call(url, 'eth_getBlockByNumber', '0x3001', true)).toMatchObject({ error: { code: 4444 } })
  expect(await call(url, 'web3_clientVersion')).toMatchObject({ result: expect.stringMatching(/^datastreamer\/v\d/) })
  expect((await fetch(`${url}/eth/v1/node/version`)).status).toBe(404)

  const metrics = await (await fetch(`http://${ready.admin}/metrics`)).text()
  expect(metrics).toContain('datastreamer_rpc_calls_total{method="eth_getBlockByNumber"} 2')
  expect(metrics).toContain('datastreamer_rpc_errors_total{code="4444"} 1')
  expect(metrics).toContain('datastreamer_history_head_block 24585')
  expect(new Set(metricsIn(metrics))).toEqual(new Set(documentedMetrics('serve')))
  const status = await (await fetch(`http://${ready.admin}/api/status`)).json()
  expect(status).toMatchObject({ ready: true, network: 'testnet', head: '24585', runs: [{ from: '8192' }, {}] })
  expect((await fetch(`http://${ready.admin}/readyz`)).status).toBe(200)

  const { status: exit, stderr } = await server.end()
  expect(exit).toBe(0)
  const lines = events(stderr)
  expect(lines.map(({ event }) => event)).toEqual([
    ...['history-opened', 'history-gap', 'history-indexed', 'ending', 'ended'],
  ])
  expect(lines[0]?.msg).toContain(
    'blocks 8192 to 8211, 24576 to 24585 of testnet in 2 files (--trust roots: true in themselves, without',
  )
  expect(lines[1]?.msg).toContain('blocks 8212 to 24575 are in no file')
  expect(documentedEvents()).toEqual(expect.arrayContaining(lines.map(({ event }) => event)))
})

test('another server is asked for what no file has', async () => {
  const [early, late] = (await written).map((name) => dir.join(name))
  const first = await serve(early ?? '', ...FLAGS)
  await using _ = first.server
  const { server, ready } = await serve(late ?? '', ...FLAGS, '--fallback', `http://${first.ready.rpc}`)
  await using __ = server
  expect(await call(`http://${ready.rpc}`, 'eth_getBlockByNumber', '0x2001', false)).toMatchObject({
    result: { number: '0x2001' },
  })
  await first.server.end()
  expect(await call(`http://${ready.rpc}`, 'eth_getBlockByNumber', '0x2001', false)).toMatchObject({
    error: { code: 4444 },
  })
  const { stderr } = await server.end()
  expect(events(stderr).map(({ event }) => event)).toEqual(expect.arrayContaining(['fallback', 'fallback-failed']))
})

test('with trusted roots that are required, only what leads to one is answered', async () => {
  const [early = '', late = ''] = await written
  await using file = await openFile(dir.join(late))
  const { accumulator = new Uint8Array(32) } = await openEra1(file)
  const list = dir.join('accumulators.txt')
  writeFileSync(list, `# known\n${Buffer.from(accumulator).toString('hex')}  ${late}\n`)
  const { server, ready } = await serve(
    dir.join(early),
    dir.join(late),
    ...FLAGS,
    '--trust',
    'require',
    '--accumulators',
    list,
  )
  await using _ = server
  const of = (number: string): Promise<unknown> => call(`http://${ready.rpc}`, 'eth_getBlockByNumber', number, false)
  expect(await of('0x6001')).toMatchObject({ result: { number: '0x6001' } })
  expect(await of('0x2001')).toMatchObject({ error: { code: 4444 } })
})

describe.runIf(hasVectors('rpc'))('files by the name of mainnet', () => {
  const madeUp = 'mainnet-01586-a26152e4.era1'
  const real = 'mainnet-00000-5ec1ffb8.era1'
  const folder = dir.join('mainnet')

  test.each([
    ['as they are', ['--trust', 'roots'], '0xc6418f', undefined],
    ['only as its roots say, if it is named', ['--network', 'mainnet'], '0x1fff', 'history-file-rejected'],
    ['only as its roots say, if they are required', ['--trust', 'require'], '0x1fff', 'history-file-rejected'],
  ])('are served %s', async (_, flags, head, event) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, madeUp), readVector('rpc', `made-up-${madeUp}.gz`))
    writeFileSync(join(folder, real), readVector('e2store', 'real', `${real}.gz`))
    const { server, ready } = await serve(folder, '--port', '0', '--log-format', 'json', ...flags)
    await using _ended = server
    expect(await call(`http://${ready.rpc}`, 'eth_blockNumber')).toMatchObject({ result: head })
    const { stderr } = await server.end()
    const rejected = events(stderr).filter((line) => line.event === 'history-file-rejected')
    expect(rejected.map((line) => line.event)).toEqual(event === undefined ? [] : [event])
  })
})

test('files that are added are found', async () => {
  const folder = dir.join('growing')
  const [name = ''] = await written
  mkdirSync(folder)
  const other = await writeBlocks(16_384n, 5)
  copyFileSync(dir.join(other), `${folder}/${other}`)
  const { server, ready } = await serve(folder, ...FLAGS, '--refresh', '50ms')
  await using _ = server
  expect(await call(`http://${ready.rpc}`, 'eth_getBlockByNumber', '0x2001', false)).toMatchObject({
    error: { code: 4444 },
  })
  copyFileSync(dir.join(name), `${folder}/${name}`)
  const found = async (): Promise<unknown> =>
    (await call(`http://${ready.rpc}`, 'eth_getBlockByNumber', '0x2001', false)).result
  await expect.poll(found, { timeout: 60_000 }).toMatchObject({ number: '0x2001' })
})

test.skipIf(!hasOpenssl())('over TLS, with the files of a certificate', async () => {
  makeCertificate(dir.path, 'own')
  const { server, ready } = await serve(
    dir.path,
    ...FLAGS,
    '--tls-cert',
    dir.join('own.crt'),
    '--tls-key',
    dir.join('own.key'),
  )
  await using _ = server
  await expect(fetch(`http://${ready.rpc}`)).rejects.toThrow()
  const status = await new Promise((resolve, reject) => {
    get(`https://${ready.rpc}`, { rejectUnauthorized: false }, (response) => resolve(response.statusCode)).on(
      'error',
      reject,
    )
  })
  expect(status).toBe(200)
})

test.each<[string, readonly string[], number, string]>([
  ['without a place', [], 2, 'name a folder or an address'],
  ['a place that is not there', ['/nowhere/at/all', ...FLAGS], 1, 'there is no such file or folder'],
  ['a network whose chain id is not known', [dir.path, '--port', '0'], 2, '--chain-id'],
  ['a fallback of another kind', [dir.path, '--fallback', 'ftp://x', ...FLAGS], 2, '--fallback'],
  ['a flag that is none', [dir.path, '--truts', 'none'], 2, "unknown option '--truts'"],
])('%s: the message says what to do', async (_, args, status, message) => {
  await written
  await using server = new SourceProcess(CLI, ['e2store', 'serve', ...args])
  const ended = await server.ended
  expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(message)])
})

test('help lists what can be configured', async () => {
  await using server = new SourceProcess(CLI, ['e2store', 'serve', '--help'])
  const { status, stdout } = await server.ended
  expect(status).toBe(0)
  for (const flag of ['[DIR|URL...]', '--trust', '--fallback', '--http-vhosts', '--admin-port']) {
    expect(stdout).toContain(flag)
  }
})
