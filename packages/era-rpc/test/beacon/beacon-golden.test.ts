import { createHash } from 'node:crypto'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NetworkDescription, parseNetworkConfig } from '../../src/beacon.ts'
import { type BeaconServer, bytesOf, serveBeacon } from './support/beacon-server.ts'
import { CLIENTS } from './support/checkpoint-sync.ts'
import { MemoryLocation } from './support/memory-location.ts'

interface Golden {
  readonly path: string
  readonly accept: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: null | { readonly sha256?: string; readonly length?: number; readonly json?: unknown }
  readonly why: string
}

const recorded = hasVectors('rpc') && hasVectors('e2store')
const golden = recorded
  ? (JSON.parse(Buffer.from(readVector('rpc', 'beacon-mini.json.gz')).toString()) as {
      readonly requests: readonly Golden[]
      readonly states: readonly { readonly slot: number; readonly root: string }[]
    })
  : { requests: [], states: [] }

interface Facts {
  readonly chain: {
    readonly config: string
    readonly forkEpochs: Readonly<Record<string, number>>
    readonly forkVersions: Readonly<Record<string, string>>
  }
}

/** The recorded chain's configuration as the file that clients are configured with. */
function configuration(): NetworkDescription {
  const { chain } = JSON.parse(Buffer.from(readVector('e2store', 'mini', 'facts.json')).toString()) as Facts
  const forks = Object.entries(chain.forkEpochs).flatMap(([name, epoch]) => [
    `${name.toUpperCase()}_FORK_VERSION: 0x${chain.forkVersions[name]}`,
    `${name.toUpperCase()}_FORK_EPOCH: ${epoch}`,
  ])
  const genesis = `GENESIS_FORK_VERSION: 0x${chain.forkVersions.phase0}`
  return parseNetworkConfig([`PRESET_BASE: minimal`, `CONFIG_NAME: '${chain.config}'`, genesis, ...forks].join('\n'))
}

const NAMES = [
  'e2mini-00000-456b6b12.era',
  'e2mini-00001-22330142.era',
  'e2mini-00002-f0ac05a9.nimbus-empty.era',
  'e2mini-00004-0bf8b751.era',
  'e2mini-00005-11edfb1b.era',
  'e2mini-00006-37f9ceca.era',
  'e2mini-00007-59bce588.era',
]

describe.skipIf(!recorded)('the recorded small chain', () => {
  const load = (name: string): readonly [string, Uint8Array] => [
    name.replace('.nimbus-empty', ''),
    new Uint8Array(readVector('e2store', 'mini', `${name}.gz`)),
  ]
  let server: BeaconServer
  beforeAll(async () => {
    const files = [['e2mini-00000-59bce588.era', load('e2mini-00000-59bce588.multi.era')[1]]] as const
    server = await serveBeacon(new MemoryLocation(files), { network: configuration() })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('there are recorded answers', () => expect(golden.requests).toHaveLength(48))

  test.each(golden.requests.map((each) => [`${each.path} (${each.accept})`, each] as const))('%s', async (_, each) => {
    const response = await server.get(each.path, each.accept)
    expect(response.status).toBe(each.status)
    for (const [name, value] of Object.entries(each.headers)) expect(response.headers.get(name)).toBe(value)
    const body = await bytesOf(response)
    if (each.status !== 200) expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ code: each.status })
    if (each.body?.sha256) {
      expect(createHash('sha256').update(body).digest('hex')).toBe(each.body.sha256)
      expect(response.headers.get('content-length')).toBe(String(each.body.length))
    } else if (each.body?.json) {
      // The record has no body roots.
      const json = Buffer.from(body)
        .toString()
        .replace(/"body_root":"0x[0-9a-f]{64}"/, '"body_root":"(hash_tree_root of the body; not computed here)"')
      expect(JSON.parse(json)).toEqual(each.body.json)
    }
  })

  test.each(Object.keys(CLIENTS))('%s starts from it', async (client) => {
    const started = await CLIENTS[client]?.(server.get)
    expect(started).toMatchObject({ stateSlot: 384n, stateRoot: golden.states.find(({ slot }) => slot === 384)?.root })
  })

  test('one file for each era answers the same, also where one is missing', async () => {
    await using each = await serveBeacon(new MemoryLocation(NAMES.map(load)), { network: configuration() })
    for (const { path, accept, status } of golden.requests) {
      const response = await each.get(path, accept)
      const inGap = /states\/(192|0x117a2d)|(blocks|headers)\/(128|151|191|0x2448c6|0x5e6012)/.test(path)
      expect([path, response.status]).toEqual([path, inGap && status === 200 ? 404 : status])
    }
  })
})

test.skipIf(!recorded)('the first state of a public network, which is built in', async () => {
  const file = ['sepolia-00000-d8ea171f.era', new Uint8Array(readVector('e2store', 'sepolia-00000-d8ea171f.era.gz'))]
  await using server = await serveBeacon(new MemoryLocation([file as [string, Uint8Array]]))
  const state = await server.get('/eth/v2/debug/beacon/states/genesis', 'application/octet-stream')
  const sha256 = createHash('sha256')
    .update(await bytesOf(state))
    .digest('hex')
  expect(sha256).toBe('3965ad56e5d0e7c90179e1dc8583cc1d7c77cb096b68477cca4d4caa66cbc97a')
  const root = await (await server.get('/eth/v1/beacon/states/0/root')).json()
  expect(root).toMatchObject({ data: { root: '0xfb9afe32150fa39f4b346be2519a67e2a4f5efcd50a1dc192c3f6b3d013d2798' } })
  // No block of it is held: nobody can start from it.
  expect((await server.get('/eth/v2/debug/beacon/states/finalized', 'application/octet-stream')).status).toBe(404)
  expect(await (await server.get('/eth/v1/config/deposit_contract')).json()).toEqual({
    data: { chain_id: '11155111', address: '0x7f02C3E3c98b133055B8B348B2Ac625669Ed295D' },
  })
})
