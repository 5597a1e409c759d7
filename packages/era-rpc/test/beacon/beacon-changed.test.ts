import { fromBytes, openEra, toBytes } from '@datastreamer/e2store'
import { EraWriter } from '@datastreamer/e2store/era'
import { beforeAll, expect, test } from 'vitest'
import { type BeaconServer, bytesOf, serveBeacon } from './support/beacon-server.ts'
import { MemoryLocation } from './support/memory-location.ts'
import { OWN_NETWORK, type OwnChain, ownChain, SLOTS } from './support/own-chain.ts'

const STATE = `/eth/v2/debug/beacon/states/${SLOTS}`

let chain: OwnChain
beforeAll(async () => {
  chain = await ownChain({ eras: 3, balances: 20_000 })
})

/** The file of era 1 with another byte in its state, some way before its end. */
async function withOtherState(file: Uint8Array, beforeEnd: number): Promise<Uint8Array> {
  const opened = await openEra(fromBytes(file))
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: SLOTS })
  for await (const { ssz } of opened.blocks()) await writer.block(ssz)
  const state = await opened.state(BigInt(SLOTS))
  state[state.length - beforeEnd] = 77
  await writer.finish(state)
  return sink.bytes()
}

/** A server that has verified the state of era 1, and the file of that. */
async function verified(): Promise<{ server: BeaconServer; name: string; location: MemoryLocation }> {
  const location = new MemoryLocation(chain.files)
  const server = await serveBeacon(location, { network: OWN_NETWORK })
  expect(await bytesOf(await server.get(STATE))).toEqual(chain.states[1]?.ssz)
  const name = [...chain.files.keys()].find((each) => each.startsWith('own-00001')) ?? ''
  return { server, name, location }
}

test.each([
  ['at its start', 120_000],
  ['in its last bytes', 1],
])(
  'a state that was changed %s since it was verified does not arrive whole, and is not answered any more',
  async (_, at) => {
    const { server, name, location } = await verified()
    await using _server = server
    location.files.set(name, await withOtherState(location.files.get(name) ?? new Uint8Array(0), at))
    await expect(server.get(STATE).then(bytesOf)).rejects.toThrow()
    expect(server.faults).toMatchObject([{ code: 'NOT_VERIFIED', message: expect.stringContaining(name) }])
    expect((await server.get(STATE)).status).toBe(500)
    location.files.set(name, chain.files.get(name) ?? new Uint8Array(0))
    expect(await bytesOf(await server.get(STATE))).toEqual(chain.states[1]?.ssz)
  },
)

test('a state that is longer or shorter than it was is not taken for it', async () => {
  const { server } = await verified()
  await using _server = server
  const state = await server.archive.state(1n)
  if (state === undefined) throw new Error('no state')
  const { facts } = state
  const received: number[] = []
  for (const length of [facts.bytes.length - 1, facts.bytes.length + 1]) {
    const other = { ...state, facts: { ...facts, bytes: { ...facts.bytes, length } } }
    let bytes = 0
    await expect(async () => {
      for await (const chunk of server.archive.stateChunks(other)) bytes += chunk.length
    }).rejects.toMatchObject({ code: 'NOT_VERIFIED' })
    received.push(bytes)
  }
  expect(received.every((bytes) => bytes < facts.bytes.length)).toBe(true)
})
