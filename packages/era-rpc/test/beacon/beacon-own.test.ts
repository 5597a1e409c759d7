import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBytes, openEra, toBytes } from '@datastreamer/e2store'
import { EraWriter } from '@datastreamer/e2store/era'
import { openLocation } from '@datastreamer/e2store/node'
import { beaconTypes, sszJson } from '@datastreamer/e2store/ssz'
import { beforeAll, describe, expect, test } from 'vitest'
import { BeaconApi, BeaconArchive, beaconHandler } from '../../src/beacon.ts'
import { Rpc } from '../../src/index.ts'
import { RpcServer } from '../../src/node.ts'
import { MemoryHistory } from '../support/archive-history.ts'
import { type BeaconServer, bytesOf, serveBeacon } from './support/beacon-server.ts'
import { CLIENTS } from './support/checkpoint-sync.ts'
import { MemoryLocation } from './support/memory-location.ts'
import { OWN_NETWORK, type OwnChain, ownChain, SLOTS } from './support/own-chain.ts'

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
const SSZ = 'application/octet-stream'
const options = { network: OWN_NETWORK }

let chain: OwnChain
beforeAll(async () => {
  chain = await ownChain({ isEmpty: (slot) => slot % 11 === 6 || slot === 4 * SLOTS })
})

const serve = (files: Iterable<readonly [string, Uint8Array]> = chain.files): Promise<BeaconServer> =>
  serveBeacon(new MemoryLocation(files), options)

/** The chain's files with one of them changed, or without it. */
function changed(era: number, change?: (file: Uint8Array) => void): Map<string, Uint8Array> {
  const files = new Map(chain.files)
  for (const [name, bytes] of chain.files) {
    if (!name.startsWith(`own-0000${era}`)) continue
    const copy = bytes.slice()
    change?.(copy)
    if (change) files.set(name, copy)
    else files.delete(name)
  }
  return files
}

test('every block by slot and by root; empty slots are not found', async () => {
  await using server = await serve()
  for (let slot = 0; slot < 5 * SLOTS; slot++) {
    const block = chain.blocks.get(BigInt(slot))
    const bySlot = await server.get(`/eth/v2/beacon/blocks/${slot}`, SSZ)
    expect(bySlot.status).toBe(block ? 200 : 404)
    if (!block) continue
    expect(await bytesOf(bySlot)).toEqual(block.ssz)
    expect(bySlot.headers.get('datastreamer-verified')).toBe('chain')
    const byRoot = await server.get(`/eth/v2/beacon/blocks/${hex(block.root)}`, SSZ)
    expect(await bytesOf(byRoot)).toEqual(block.ssz)
  }
  expect(server.faults).toEqual([])
})

describe('which eras are held', () => {
  const held = async (files: Iterable<readonly [string, Uint8Array]>): ReturnType<BeaconArchive['eras']> => {
    await using archive = await BeaconArchive.open(new MemoryLocation(files), options)
    return archive.eras()
  }

  test('by names, and of files before a gap by what they hold', async () => {
    const names = [...chain.files.keys()]
    const last = BigInt(names.length - 1)
    expect(await held(chain.files)).toEqual({ files: names.length, runs: [{ first: 0n, last }], doubles: [] })
    expect((await held(changed(3))).runs).toEqual([
      { first: 0n, last: 2n },
      { first: 4n, last },
    ])
    const several = changed(2)
    const [first = '', second = ''] = names.filter((name) => /0000[12]-/.test(name))
    const joined = toBytes()
    for (const name of [first, second]) await joined.write(chain.files.get(name) ?? new Uint8Array(0))
    several.set(first, joined.bytes())
    expect((await held(several)).runs).toEqual([{ first: 0n, last }])
  })

  test('a file that cannot be read counts by its name; several of one era are reported', async () => {
    const damaged = changed(3)
    damaged.delete([...damaged.keys()].find((name) => name.startsWith('own-00003')) ?? '')
    damaged.set('own-00002-00000000.era', new Uint8Array(9))
    const found = await held(damaged)
    expect(found.runs[0]).toEqual({ first: 0n, last: 2n })
    expect(found.doubles).toEqual([
      { era: 2n, names: ['own-00002-00000000.era', expect.stringMatching(/^own-00002-/)] },
    ])
  })
})

test('every state by slot and by root, and only those between eras', async () => {
  await using server = await serve()
  for (const { slot, ssz, root, era } of chain.states) {
    for (const id of [String(slot), hex(root)]) {
      const response = await server.get(`/eth/v2/debug/beacon/states/${id}`)
      expect(await bytesOf(response)).toEqual(ssz)
      expect(response.headers.get('datastreamer-verified')).toBe(era === 5n ? 'content' : 'chain')
    }
    expect((await server.get(`/eth/v2/debug/beacon/states/${slot + 1n}`)).status).toBe(404)
  }
})

test('finalized is the newest state whose latest block is held, of those with a block at their slot', async () => {
  await using server = await serve()
  // The block of state 5 is not held, slot 256 of state 4 is empty: state 3.
  const { status, headers } = await server.get('/eth/v2/debug/beacon/states/finalized', SSZ, 'HEAD')
  expect([status, headers.get('content-length')]).toEqual([200, String(chain.states[3]?.ssz.length)])
  const head = await server.get('/eth/v1/beacon/headers')
  expect(await head.json()).toMatchObject({ data: [{ root: hex(chain.blocks.get(192n)?.root ?? new Uint8Array(0)) }] })
  await using few = await serve([...chain.files].filter(([name]) => /0000[4]/.test(name)))
  expect(
    hex(
      (await few.archive.finality().then((found) => few.archive.state(found?.era ?? 0n)))?.facts.root ??
        new Uint8Array(0),
    ),
  ).toBe(hex(chain.states[4]?.root ?? new Uint8Array(0)))
})

test.each(Object.keys(CLIENTS))('%s starts from it', async (client) => {
  await using server = await serve()
  const started = await CLIENTS[client]?.(server.get)
  expect(started).toMatchObject({ stateSlot: 192n, stateRoot: hex(chain.states[3]?.root ?? new Uint8Array(0)) })
  expect(server.faults).toEqual([])
})

test('a block as JSON, its root and header', async () => {
  await using server = await serve()
  const { ssz, root } = chain.blocks.get(300n) ?? { ssz: new Uint8Array(0), root: new Uint8Array(0) }
  const response = await server.get('/eth/v2/beacon/blocks/300', 'application/json')
  expect(response.headers.get('eth-consensus-version')).toBe('deneb')
  expect(await response.json()).toEqual({
    version: 'deneb',
    execution_optimistic: false,
    finalized: true,
    data: sszJson(beaconTypes('minimal', 'deneb').signed, ssz),
  })
  const ofSlot = (await (await server.get('/eth/v1/beacon/headers?slot=300')).json()) as { data: unknown }
  expect(ofSlot.data).toMatchObject([{ root: hex(root), header: { message: { slot: '300' } } }])
  for (const query of ['slot=abc', 'slot=', 'slot=head', `parent_root=${hex(root)}`]) {
    expect((await server.get(`/eth/v1/beacon/headers?${query}`)).status, query).toBe(400)
  }
  const header = (await (await server.get('/eth/v1/beacon/headers/300')).json()) as { data: unknown }
  expect(header.data).toMatchObject({ root: hex(root), header: { message: { slot: '300', proposer_index: '12' } } })
})

test('the block of slot 0, from the first state where no file has it', async () => {
  const without = await ownChain({ eras: 2, hasGenesisBlock: false })
  await using server = await serve(without.files)
  const block = without.blocks.get(0n)
  expect(await bytesOf(await server.get('/eth/v2/beacon/blocks/genesis', SSZ))).toEqual(block?.ssz)
  expect(
    await bytesOf(await server.get(`/eth/v2/beacon/blocks/${hex(block?.root ?? new Uint8Array(0))}`, SSZ)),
  ).toEqual(block?.ssz)
  await using later = await serve([...without.files].filter(([name]) => !name.startsWith('own-00000')))
  expect((await later.get('/eth/v2/beacon/blocks/0', SSZ)).status).toBe(404)
})

test('forks, checkpoints and the configuration', async () => {
  await using server = await serve()
  const json = async (path: string): Promise<unknown> => (await server.get(path)).json()
  expect(await json('/eth/v1/beacon/states/192/fork')).toMatchObject({
    data: { current_version: '0x030000aa', epoch: '24' },
  })
  expect(await json('/eth/v1/beacon/states/192/finality_checkpoints')).toMatchObject({
    data: { finalized: { epoch: '24' } },
  })
  expect(await json('/eth/v1/config/fork_schedule')).toMatchObject({
    data: [
      { epoch: '0' },
      { previous_version: '0x000000aa', current_version: '0x010000aa', epoch: '8' },
      {},
      {},
      {},
      {},
      {},
    ],
  })
  expect(await json('/eth/v1/config/spec')).toMatchObject({
    data: { CONFIG_NAME: 'own', CAPELLA_FORK_EPOCH: '24', GENESIS_FORK_VERSION: '0x000000aa' },
  })
  expect((await server.get('/eth/v1/config/deposit_contract')).status).toBe(404)
  expect((await server.get('/eth/v1/node/health')).status).toBe(200)
})

test.each([
  ['GET', '/eth/v1/unknown', undefined, 404],
  ['GET', `/eth/v2/beacon/blocks/0x${'ab'.repeat(32)}`, SSZ, 404],
  ['GET', `/eth/v2/debug/beacon/states/0x${'ab'.repeat(32)}`, SSZ, 404],
  ['GET', '/eth/v2/beacon/blocks/-1', SSZ, 400],
  ['GET', '/eth/v2/beacon/blocks/18446744073709551615', SSZ, 404],
  ['GET', '/eth/v2/beacon/blocks/18446744073709551616', SSZ, 400],
  ['GET', '/eth/v2/debug/beacon/states/18446744073709551616', SSZ, 400],
  ['GET', '/eth/v1/beacon/headers?slot=18446744073709551616', undefined, 400],
  ['GET', '/eth/v1/beacon/headers?slot=6', undefined, 404],
  ['GET', '/eth/v1/beacon/headers/6', undefined, 404],
  ['GET', `/eth/v2/beacon/blocks/0X${'ab'.repeat(32)}`, SSZ, 400],
  ['GET', `/eth/v1/beacon/headers/0x${'AB'.repeat(32)}`, undefined, 404],
  ['GET', `/eth/v1/beacon/headers/0x${'ab'.repeat(31)}`, undefined, 400],
  ['GET', '/eth/v1/beacon/states/justified/root', undefined, 200],
  ['GET', '/eth/v1/beacon/states/head/finality_checkpoints', undefined, 200],
  ['GET', '/eth/v1/beacon/blocks/genesis/root', undefined, 200],
  ['GET', '/eth/v2/beacon/blocks/justified', SSZ, 200],
  ['GET', '/eth/v2/debug/beacon/states/%00', SSZ, 400],
  ['GET', '/eth/v2/debug/beacon/states/finalized', 'application/json', 406],
  ['GET', '/eth/v2/debug/beacon/states/finalized', 'application/json;q=1, */*;q=0.1', 200],
  ['GET', '/eth/v2/beacon/blocks/1', 'application/json;q=0, text/html', 406],
  ['GET', '/eth/v2/debug/beacon/states/finalized', 'application/octet-stream;q=0, */*', 406],
  ['GET', '/eth/v2/debug/beacon/states/finalized', '*/*;q=0.1, application/*;q=0', 406],
  ['GET', '/eth/v2/debug/beacon/states/finalized', 'application/octet-stream;q=nothing', 406],
  ['POST', '/eth/v1/beacon/genesis', undefined, 405],
] as const)('%s %s (%s) is answered %i', async (method, path, accept, status) => {
  await using server = await serve()
  const response = await server.get(path, accept, method)
  expect(response.status).toBe(status)
  if (status >= 400) expect(await response.json()).toMatchObject({ code: status, message: expect.any(String) })
  expect(server.faults).toEqual([])
})

test.each([
  ['application/json;q=0.5, application/octet-stream;q=0.9', 'application/octet-stream'],
  ['application/octet-stream;q=0.5, */*', 'application/json'],
  ['*/*;q=0.1, application/octet-stream', 'application/octet-stream'],
  ['*/*, application/json;q=0', 'application/octet-stream'],
  ['application/*;q=0.2, application/json;q=0.1', 'application/octet-stream'],
  ['Application/Octet-Stream ; Q=1', 'application/octet-stream'],
  ['text/html, */*;q=0.8', 'application/json'],
])('of a block that is accepted as %s, %s is sent', async (accept, type) => {
  await using server = await serve()
  const { headers } = await server.get('/eth/v2/beacon/blocks/1', accept)
  expect([headers.get('content-type'), headers.get('vary')]).toEqual([type, 'Accept'])
})

test('what an answer depends on is said beside what the server says', async () => {
  await using api = await serve()
  const beacon = beaconHandler(new BeaconApi(api.archive, '1.0.0'))
  const rpc = new Rpc(new MemoryHistory(), { chainId: 1n })
  await using server = await RpcServer.listen(rpc, { port: 0, allowedOrigins: ['*'], beacon })
  const { headers } = await fetch(`${server.url}/eth/v2/beacon/blocks/1`)
  expect(headers.get('vary')).toBe('Origin, Accept')
})

test('only the headers, where only they are asked for', async () => {
  await using server = await serve()
  for (const path of ['/eth/v1/beacon/genesis', '/eth/v2/beacon/blocks/1', '/eth/v1/beacon/headers/6']) {
    const [whole, head] = [await server.get(path), await server.get(path, undefined, 'HEAD')]
    expect([head.status, (await bytesOf(head)).length]).toEqual([whole.status, 0])
    for (const name of ['content-type', 'eth-consensus-version']) {
      expect(head.headers.get(name)).toBe(whole.headers.get(name))
    }
    expect(head.headers.get('content-length')).toBe(String((await bytesOf(whole)).length))
  }
})

describe('what is not what it claims to be is not answered', () => {
  /** Change the last byte of the content of a file that another file's roots cover; its checksum too. */
  const rewritten = async (salt: string): Promise<OwnChain> =>
    ownChain({ salt, isEmpty: (slot) => slot % 11 === 6 || slot === 4 * SLOTS })

  test('an era of another chain', async () => {
    const other = await rewritten('other')
    const files = changed(2)
    for (const [name, bytes] of other.files) if (name.startsWith('own-00002')) files.set(name, bytes)
    await using server = await serve(files)
    const response = await server.get('/eth/v2/beacon/blocks/100', SSZ)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('validators') })
    expect(server.faults).toHaveLength(1)
    expect((await server.get('/eth/v2/beacon/blocks/20', SSZ)).status).toBe(200)
  })

  test('of two files of an era, the one that later states remember is used', async () => {
    const files = changed(2)
    const own = [...chain.files].find(([name]) => name.startsWith('own-00002'))?.[1] ?? new Uint8Array(0)
    const third = [...chain.files].find(([name]) => name.startsWith('own-00003'))?.[1] ?? new Uint8Array(0)
    files.set('own-00002-00000000.era', third)
    files.set('own-00002-0fffffff.era', new Uint8Array(1000))
    files.set('own-00002-ffffffff.era', own)
    await using server = await serve(files)
    expect((await server.get('/eth/v2/beacon/blocks/100', SSZ)).status).toBe(200)
    expect((await server.get('/eth/v2/debug/beacon/states/128', SSZ)).status).toBe(200)
  })

  /** Era 2 written again, with right checksums and positions. */
  async function again(change: {
    readonly block?: (slot: bigint, ssz: Uint8Array) => boolean
    readonly state?: (ssz: Uint8Array) => void
  }): Promise<Map<string, Uint8Array>> {
    const [name, bytes] = [...chain.files].find(([each]) => each.startsWith('own-00002')) ?? ['', new Uint8Array(0)]
    const file = await openEra(fromBytes(bytes))
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era: 2n, slotsPerEra: SLOTS })
    for await (const { slot, ssz } of file.blocks()) if (change.block?.(slot, ssz) !== false) await writer.block(ssz)
    const state = await file.state(128n)
    change.state?.(state)
    await writer.finish(state)
    return new Map([...chain.files, [name, sink.bytes()]])
  }

  test.each<[string, Parameters<typeof again>[0], string]>([
    ['a block that was left out is no empty slot', { block: (slot) => slot !== 100n }, '/eth/v2/beacon/blocks/100'],
    [
      'a block with another body',
      { block: (slot, ssz) => slot !== 100n || ssz.fill(1, 300, 301).length > 0 },
      '/eth/v2/beacon/blocks/100',
    ],
    [
      'a state with another balance',
      { state: (ssz) => ssz.fill(1, ssz.length - 1) },
      '/eth/v2/debug/beacon/states/128',
    ],
    ['a state with another block root', { state: (ssz) => ssz.fill(1, 176, 177) }, '/eth/v2/beacon/blocks/100'],
  ])('%s', async (_, change, path) => {
    await using server = await serve(await again(change))
    const response = await server.get(path, SSZ)
    expect([response.status, server.faults.length]).toEqual([500, 1])
    expect(await response.json()).toMatchObject({ code: 500, message: expect.stringMatching(/own-00002-\w{8}\.era/) })
    expect((await server.get('/eth/v2/beacon/blocks/20', SSZ)).status).toBe(200)
  })

  test('a damaged block', async () => {
    const files = changed(2, (file) => {
      file[60] = (file[60] as number) ^ 1
    })
    await using server = await serve(files)
    expect((await server.get('/eth/v2/beacon/blocks/64', SSZ)).status).toBe(500)
    expect(server.faults).toHaveLength(1)
    expect((await server.get('/eth/v2/beacon/blocks/65', SSZ)).status).toBe(200)
  })
})

test('a missing era: its blocks are not found, the state before it has only its own root', async () => {
  await using server = await serve(changed(3))
  expect((await server.get('/eth/v2/beacon/blocks/150', SSZ)).status).toBe(404)
  const before = await server.get(`/eth/v2/debug/beacon/states/${hex(chain.states[2]?.root ?? new Uint8Array(0))}`, SSZ)
  expect([before.status, before.headers.get('datastreamer-verified')]).toEqual([200, 'content'])
  expect((await server.get('/eth/v2/beacon/blocks/20', SSZ)).status).toBe(200)
})

test('folders, and files that nobody asks for are closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'beacon-'))
  try {
    for (const [name, bytes] of chain.files) await writeFile(join(folder, name), bytes)
    await writeFile(join(folder, 'notes.txt'), 'no era')
    await using location = await openLocation(folder)
    await using server = await serveBeacon(location, options)
    expect((await server.get('/eth/v2/debug/beacon/states/finalized', SSZ)).status).toBe(200)
  } finally {
    await rm(folder, { recursive: true })
  }
  const many = new MemoryLocation((await ownChain({ eras: 24 })).files)
  {
    await using server = await serveBeacon(many, options)
    expect((await server.get(`/eth/v2/beacon/blocks/0x${'01'.repeat(32)}`, SSZ)).status).toBe(404)
    expect(many.mostOpen).toBeLessThanOrEqual(17)
    const read = many.bytesRead
    expect((await server.get(`/eth/v2/beacon/blocks/0x${'02'.repeat(32)}`, SSZ)).status).toBe(404)
    expect(many.bytesRead).toBe(read)
  }
  expect(many.openNow).toBe(0)
})

test('files that are added later are found when it is asked to look', async () => {
  const location = new MemoryLocation([...chain.files].filter(([name]) => !/0000[45]/.test(name)))
  await using server = await serveBeacon(location, options)
  const head = async (): Promise<unknown> => (await server.get('/eth/v1/node/syncing')).json()
  expect(await head()).toMatchObject({ data: { head_slot: '128' } })
  expect(await server.archive.refresh()).toBe(false)
  for (const [name, bytes] of chain.files) location.files.set(name, bytes)
  expect(await server.archive.refresh()).toBe(true)
  expect(await head()).toMatchObject({ data: { head_slot: '192' } })
  const { root, ssz } = chain.blocks.get(300n) ?? { root: new Uint8Array(0), ssz: new Uint8Array(0) }
  expect(await bytesOf(await server.get(`/eth/v2/beacon/blocks/${hex(root)}`, SSZ))).toEqual(ssz)
  location.files.clear()
  expect(await server.archive.refresh()).toBe(false)
})

test('a client that leaves in the middle of a state releases its file', async () => {
  const large = new MemoryLocation((await ownChain({ eras: 1, balances: 2_000_000 })).files)
  await using server = await serveBeacon(large, options)
  await server.archive.state(0n)
  await new Promise<void>((resolve, reject) => {
    const asked = request(`${server.url}/eth/v2/debug/beacon/states/0`, { headers: { accept: SSZ } }, (response) => {
      response.once('data', () => {
        asked.destroy()
        resolve()
      })
    })
    asked.once('error', reject)
    asked.end()
  })
  await expect.poll(() => server.get('/eth/v1/node/syncing').then(({ status }) => status)).toBe(200)
  await server.archive[Symbol.asyncDispose]()
  await expect.poll(() => large.openNow).toBe(0)
  expect(server.faults).toEqual([])
})

test.each([
  ['no era files', [], 'NO_ERAS'],
  ['eras of another network', [['other-00000-00000000.era', new Uint8Array(1)]], 'NO_ERAS'],
] as const)('opening refuses %s', async (_, files, code) => {
  await expect(BeaconArchive.open(new MemoryLocation(files), options)).rejects.toMatchObject({ code })
})

test('opening refuses a network that nobody describes, and several', async () => {
  await expect(BeaconArchive.open(new MemoryLocation(chain.files))).rejects.toMatchObject({ code: 'UNKNOWN_NETWORK' })
  const two = [...chain.files, ['mainnet-00000-4b363db9.era', new Uint8Array(1)]] as const
  await expect(BeaconArchive.open(new MemoryLocation(two))).rejects.toMatchObject({
    code: 'NO_ERAS',
    message: expect.stringContaining('mainnet, own'),
  })
})
