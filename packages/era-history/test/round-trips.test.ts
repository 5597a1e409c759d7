import { defaultHashes, encodeHeader, orderedTrieRoot } from '@datastreamer/e2store/execution'
import { httpLocation, type ListedFile, type Location } from '@datastreamer/e2store/location'
import { HeldServer } from '@datastreamer/fixtures'
import { beforeAll, expect, test } from 'vitest'
import { openHistory } from '../src/index.ts'
import { accumulatorRoot, type MadeBlock, type MadeFile, madeChain, madeFile } from './support/made-up-chain.ts'
import { madeSidecar } from './support/made-up-sidecar.ts'

const COUNT = 24
const { keccak256 } = defaultHashes()
/** Two files, each a run of its own, which do not come whole when they are opened. */
let files: readonly MadeFile[]
let chains: readonly (readonly MadeBlock[])[]

beforeAll(async () => {
  chains = [largeChain(0n), largeChain(8192n)]
  files = await Promise.all(chains.map((blocks) => madeFile(blocks, 'ere')))
})

/** Blocks whose bodies do not compress. */
function largeChain(from: bigint): MadeBlock[] {
  const [like] = madeChain({ from, count: 1, isFull: () => false })
  const blocks: MadeBlock[] = []
  for (let i = 0; like !== undefined && i < COUNT; i++) {
    const envelopes = [noise(20_000, Number(from % 199n) + i)]
    const transactionsRoot = orderedTrieRoot(envelopes, defaultHashes())
    const parentHash = blocks.at(-1)?.hash ?? like.header.parentHash
    const header = { ...like.header, number: from + BigInt(i), parentHash, transactionsRoot }
    const headerRlp = encodeHeader(header)
    const totalDifficulty = header.difficulty * BigInt(i + 1)
    const hash = keccak256(headerRlp)
    blocks.push({ ...like, number: header.number, header, headerRlp, hash, envelopes, uncles: [], totalDifficulty })
  }
  return blocks
}

/** A transaction of type 2: a list of so many bytes that do not repeat, as one value. */
function noise(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set([2, 0xf9, (size - 4) >> 8, (size - 4) & 0xff, 0xb9, (size - 7) >> 8, (size - 7) & 0xff])
  for (let at = 7, next = keccak256(Uint8Array.of(seed)); at < size; at += 32, next = keccak256(next)) {
    bytes.set(next.subarray(0, size - at), at)
  }
  return bytes
}

/** The roots of both files: so a block is verified by its own proof. */
const trustedRoots = {
  accumulator: (_network: string, era: number): Uint8Array | undefined => {
    const chain = chains[era]
    return chain && accumulatorRoot(chain)
  },
}

/** The location lists the files without a request: only what is read of them is counted. */
function farAway(server: HeldServer): Location {
  for (const { name, bytes } of files) server.files.set(name, bytes)
  const location = httpLocation('http://far.example/', { fetch: server.fetch, tailBytes: 30_000 })
  return { ...location, list: async () => files.map(({ name }) => ({ name })) }
}

test('the first block of a file takes two round trips: both ends of the file, then the block; another one takes one', async () => {
  const server = new HeldServer()
  await using history = await server.during(openHistory([farAway(server)], { trustedRoots, maxOpenFiles: 1 }))
  await server.during(history.block(8192n))
  const block = await server.during(history.block(12n))
  expect([block?.number, block?.trust]).toEqual([12n, 'trusted'])
  expect(server.trips.map(({ length }) => length)).toEqual([2, 1])
  await server.during(history.block(18n))
  expect(server.trips.map(({ length }) => length)).toEqual([1])
})

test('sidecars are asked for at the same time, and then only the file that has the transaction', async () => {
  const server = new HeldServer()
  const location = farAway(server)
  for (const file of files) {
    const { name, bytes } = await madeSidecar(file)
    server.files.set(name, bytes)
  }
  const list = async (): Promise<ListedFile[]> => [...server.files.keys()].map((name) => ({ name }))
  await using history = await server.during(openHistory([{ ...location, list }], { trustedRoots, maxOpenFiles: 1 }))
  await server.during(history.block(8192n))
  const wanted = chains[0]?.[12]?.envelopes[0] ?? new Uint8Array(0)
  expect(await server.during(history.transactionAt(keccak256(wanted)))).toEqual({ block: 12n, index: 0 })
  // The sidecars come whole; of the file both ends come, then the block.
  expect(server.trips.map((trip) => trip.length)).toEqual([2, 2, 1])
})
