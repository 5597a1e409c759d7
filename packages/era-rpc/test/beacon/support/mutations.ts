import { fromBytes, openEra, toBytes } from '@datastreamer/e2store'
import { EraWriter } from '@datastreamer/e2store/era'
import { BeaconApi, BeaconArchive } from '../../../src/beacon.ts'
import { MemoryLocation } from './memory-location.ts'
import { OWN_NETWORK, type OwnChain, SLOTS } from './own-chain.ts'

export interface MutationCounts {
  /** Answers that were the right ones, and refusals. */
  right: number
  refused: number
}

const SSZ = 'application/octet-stream'

/** Random numbers below a limit that are the same in every run. */
function seededBelow(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

/** What the chain's blocks and states are, by paths of requests. */
function answersOf(chain: OwnChain): ReadonlyMap<string, Uint8Array> {
  const answers = new Map<string, Uint8Array>()
  const newest = chain.states.at(-1)
  for (const { slot, root, ssz } of chain.blocks.values()) {
    // What comes after the newest state is in no file.
    if (newest && slot >= newest.slot) continue
    for (const id of [slot, hex(root)]) answers.set(`/eth/v2/beacon/blocks/${id}`, ssz)
  }
  for (const { slot, root, ssz } of chain.states) {
    for (const id of [slot, hex(root)]) answers.set(`/eth/v2/debug/beacon/states/${id}`, ssz)
  }
  return answers
}

/** An era written again, with its checksums right, after something in it was changed. */
async function rewritten(file: Uint8Array, era: number, below: (limit: number) => number): Promise<Uint8Array> {
  const opened = await openEra(fromBytes(file))
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: BigInt(era), slotsPerEra: SLOTS })
  const state = await opened.state(BigInt(era * SLOTS))
  const changesBlock = era > 0 && below(2) === 0
  const target = (era - 1) * SLOTS + below(SLOTS)
  for await (const { slot, ssz } of opened.blocks()) {
    if (changesBlock && slot === BigInt(target)) {
      if (below(4) === 0) continue
      // Its signature, which is before its message, is in no root.
      flip(ssz.subarray(100), below)
    }
    await writer.block(ssz)
  }
  if (!changesBlock) flip(state, below)
  await writer.finish(state)
  return sink.bytes()
}

function flip(bytes: Uint8Array, below: (limit: number) => number): void {
  const at = below(bytes.length)
  bytes[at] = (bytes[at] as number) ^ (1 << below(8))
}

/** Files of the chain, one of which was changed: any byte, or its content with right checksums, or truncated. */
async function mutate(chain: OwnChain, below: (limit: number) => number): Promise<Map<string, Uint8Array>> {
  const files = new Map(chain.files)
  const names = [...files.keys()]
  const era = below(names.length)
  const name = names[era] ?? ''
  const original = files.get(name) ?? new Uint8Array(0)
  const how = below(8)
  const isNewest = era === names.length - 1
  if (how === 0) files.set(name, original.slice(0, below(original.length)))
  else if (how < 5 || isNewest) {
    const changed = original.slice()
    for (let i = 0; i <= below(3); i++) flip(changed, below)
    files.set(name, changed)
  } else {
    // Nothing in the files says what the newest state must be: it is changed above only, where a checksum notices.
    try {
      files.set(name, await rewritten(original, era, below))
    } catch {
      // The writer noticed it.
    }
  }
  return files
}

/**
 * Ask for blocks and states of changed files, `count` times: what is answered must be right, and nothing that is there
 * may be said to be an empty slot.
 *
 * @throws {Error} with the seed
 */
export async function runMutations(chain: OwnChain, count: number, seed: number): Promise<MutationCounts> {
  const answers = [...answersOf(chain)]
  const counts = { right: 0, refused: 0 }
  for (let i = 0; i < count; i++) {
    const below = seededBelow(seed + i)
    const location = new MemoryLocation(await mutate(chain, below))
    let archive: BeaconArchive
    try {
      archive = await BeaconArchive.open(location, { network: OWN_NETWORK })
    } catch {
      counts.refused++
      continue
    }
    const api = new BeaconApi(archive, '1.0.0')
    for (let k = 0; k < 6; k++) {
      const [url = '', expected = new Uint8Array(0)] = answers[below(answers.length)] ?? []
      const what = await judge(api, url, expected)
      if (what === 'wrong') throw new Error(`seed ${seed + i}: ${url} is answered wrongly`)
      counts[what]++
    }
    await archive[Symbol.asyncDispose]()
  }
  return counts
}

async function judge(api: BeaconApi, url: string, expected: Uint8Array): Promise<keyof MutationCounts | 'wrong'> {
  try {
    const { status, body } = await api.answer({ method: 'GET', url, accept: SSZ })
    const parts: Uint8Array[] = []
    if (body instanceof Uint8Array) parts.push(body)
    else for await (const part of body) parts.push(part)
    const bytes = Buffer.concat(parts)
    if (status === 200) return bytes.equals(expected) ? 'right' : 'wrong'
    return status === 404 && bytes.includes('is empty') ? 'wrong' : 'refused'
  } catch {
    return 'refused'
  }
}
