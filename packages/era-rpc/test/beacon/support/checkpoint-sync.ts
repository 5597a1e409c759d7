import { beaconTypes, blockHeaderType, hashTreeRoot, SSZ_PRESETS, type SszFork } from '@datastreamer/e2store/ssz'
import { expect } from 'vitest'
import { bytesOf } from './beacon-server.ts'

type Get = (path: string, accept?: string, method?: string) => Promise<Response>

/** What a node has after its first steps. */
export interface Started {
  readonly stateSlot: bigint
  readonly stateRoot: string
  readonly blockRoot?: string
}

const SSZ = 'application/octet-stream'
const { SLOTS_PER_EPOCH } = SSZ_PRESETS.minimal

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`

/** Read a state as a node does: its fork by the header or by its slot, its latest block header filled in. */
function readState(ssz: Uint8Array, fork: SszFork) {
  const view = new DataView(ssz.buffer, ssz.byteOffset)
  const root = hashTreeRoot(beaconTypes('minimal', fork).state, ssz)
  const header = ssz.slice(64, 176)
  const slot = view.getBigUint64(40, true)
  const blockSlot = view.getBigUint64(64, true)
  if (blockSlot === slot) header.set(root, 48)
  return { slot, root: hex(root), blockSlot, blockRoot: hex(hashTreeRoot(blockHeaderType, header)) }
}

function blockRootOf(ssz: Uint8Array, fork: SszFork): string {
  return hex(hashTreeRoot(beaconTypes('minimal', fork).message, ssz.subarray(100)))
}

async function state(get: Get, id: string, accept: string) {
  const response = await get(`/eth/v2/debug/beacon/states/${id}`, accept)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe(SSZ)
  const ssz = await bytesOf(response)
  expect(response.headers.get('content-length')).toBe(String(ssz.length))
  return readState(ssz, response.headers.get('eth-consensus-version') as SszFork)
}

async function block(get: Get, id: string, accept: string) {
  const response = await get(`/eth/v2/beacon/blocks/${id}`, accept)
  if (response.status === 404) return undefined
  expect(response.status).toBe(200)
  const ssz = await bytesOf(response)
  const slot = new DataView(ssz.buffer, ssz.byteOffset).getBigUint64(100, true)
  return { slot, root: blockRootOf(ssz, response.headers.get('eth-consensus-version') as SszFork) }
}

/** The first requests of each client, in its order, with what it demands of the answers. */
export const CLIENTS: Readonly<Record<string, (get: Get) => Promise<Started>>> = {
  async Lighthouse(get) {
    expect((await get('/eth/v1/beacon/deposit_snapshot', SSZ)).status).toBe(404)
    const found = await state(get, 'finalized', SSZ)
    const latest = await block(get, String(found.blockSlot), SSZ)
    expect(latest?.root).toBe(found.blockRoot)
    expect((await get(`/eth/v1/beacon/blob_sidecars/${found.blockRoot}`, SSZ)).status).toBe(404)
    await state(get, 'genesis', SSZ)
    return { stateSlot: found.slot, stateRoot: found.root, ...(latest && { blockRoot: latest.root }) }
  },
  async Lodestar(get) {
    const found = await state(get, 'finalized', SSZ)
    return { stateSlot: found.slot, stateRoot: found.root }
  },
  async Teku(get) {
    const found = await state(get, 'finalized', SSZ)
    return { stateSlot: found.slot, stateRoot: found.root }
  },
  async Nimbus(get) {
    const accept = 'application/octet-stream,application/json;q=0.9'
    await state(get, 'genesis', accept)
    const found = await state(get, 'finalized', accept)
    expect(found.slot % BigInt(SLOTS_PER_EPOCH)).toBe(0n)
    // It fetches the blocks before the state, downwards; what is not there is an empty slot.
    let parent: string | undefined
    for (let slot = found.blockSlot; slot > found.blockSlot - 20n; slot--) {
      const earlier = await block(get, String(slot), accept)
      parent ??= earlier?.root
    }
    expect(parent).toBe(found.blockRoot)
    return { stateSlot: found.slot, stateRoot: found.root, blockRoot: found.blockRoot }
  },
  async Prysm(get) {
    const { data } = (await (await get('/eth/v1/node/version')).json()) as { data: { version: string } }
    expect(data.version).toMatch(/^\w+\/v\d+\.\d+\.\d+/)
    const schedule = (await (await get('/eth/v1/config/fork_schedule')).json()) as { data: readonly unknown[] }
    expect(schedule.data.length).toBeGreaterThan(0)
    const spec = (await (await get('/eth/v1/config/spec')).json()) as { data: Record<string, string> }
    expect(spec.data).toMatchObject({ PRESET_BASE: 'minimal', SLOTS_PER_EPOCH: '8' })
    const found = await state(get, 'finalized', SSZ)
    const latest = await block(get, found.blockRoot, SSZ)
    expect(latest?.slot).toBe(found.blockSlot)
    expect((await get('/prysm/v1/beacon/weak_subjectivity')).status).toBe(404)
    await state(get, 'genesis', SSZ)
    return { stateSlot: found.slot, stateRoot: found.root, blockRoot: found.blockRoot }
  },
  async Grandine(get) {
    const latest = await block(get, 'finalized', SSZ)
    if (!latest) throw new Error('no finalized block')
    let { slot } = latest
    if (slot % BigInt(SLOTS_PER_EPOCH) !== 0n) slot -= slot % BigInt(SLOTS_PER_EPOCH)
    for (; slot >= 0n; slot -= BigInt(SLOTS_PER_EPOCH)) {
      const start = await block(get, String(slot), SSZ)
      const { status } = await get(`/eth/v2/debug/beacon/states/${slot}`, SSZ, 'HEAD')
      if (!start || status === 404) continue
      const found = await state(get, String(slot), SSZ)
      expect(start.root).toBe(found.blockRoot)
      return { stateSlot: found.slot, stateRoot: found.root, blockRoot: start.root }
    }
    throw new Error('no state at an epoch with a block')
  },
  async checkpointz(get) {
    const json = async (path: string): Promise<Record<string, unknown>> =>
      (await (await get(path, 'application/json')).json()) as Record<string, unknown>
    await json('/eth/v1/beacon/genesis')
    await json('/eth/v1/config/spec')
    expect(await json('/eth/v1/node/syncing')).toMatchObject({ data: { is_syncing: false } })
    expect(await json('/eth/v1/node/peers')).toMatchObject({ meta: { count: 0 } })
    expect(await json('/eth/v1/node/peer_count')).toMatchObject({ data: { connected: '0' } })
    expect(await json('/eth/v1/beacon/states/finalized/finality_checkpoints')).toHaveProperty('data.finalized.root')
    const found = await state(get, 'finalized', SSZ)
    const { data } = (await json('/eth/v1/beacon/blocks/finalized/root')) as { data: { root: string } }
    expect(data.root).toBe(found.blockRoot)
    const status = await json('/checkpointz/v1/status')
    expect(status).toHaveProperty('data.finality.finalized.root', found.blockRoot)
    return { stateSlot: found.slot, stateRoot: found.root, blockRoot: data.root }
  },
}
