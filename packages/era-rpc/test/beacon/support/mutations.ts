import { fromBytes, openEra, toBytes } from '@datastreamer/e2store'
import { EraWriter } from '@datastreamer/e2store/era'
import { flipBits, oneOf, type Random, randomFrom } from '@datastreamer/fixtures/random'
import { BeaconApi, BeaconArchive } from '../../../src/beacon.ts'
import { damagedAt } from '../../mutations/damage.ts'
import { recordsOf } from '../../mutations/records.ts'
import { MemoryLocation } from './memory-location.ts'
import { OWN_NETWORK, type OwnChain, ownChain, SLOTS } from './own-chain.ts'

export interface MutationCounts {
  /** Answers that were the right ones, and refusals. */
  right: number
  refused: number
}

const SSZ = 'application/octet-stream'

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
async function rewritten(
  file: Uint8Array,
  { era, foreign }: { readonly era: number; readonly foreign: OwnChain },
  random: Random,
): Promise<Uint8Array> {
  const opened = await openEra(fromBytes(file))
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: BigInt(era), slotsPerEra: SLOTS })
  const state = await opened.state(BigInt(era * SLOTS))
  const changesBlock = era > 0 && random(2) === 0
  const target = (era - 1) * SLOTS + random(SLOTS)
  for await (const { slot, ssz } of opened.blocks()) {
    if (changesBlock && slot === BigInt(target)) {
      const how = random(4)
      if (how === 0) continue
      const other = foreign.blocks.get(slot)
      if (how === 1 && other !== undefined) {
        await writer.block(other.ssz)
        continue
      }
      // Its signature, which is before its message, is in no root.
      flipBits(ssz.subarray(100), random)
    }
    await writer.block(ssz)
  }
  if (!changesBlock) flipBits(state, random)
  await writer.finish(state)
  return sink.bytes()
}

/** What is changed: the files of a chain, with what is in those of another. */
export interface Chains {
  readonly chain: OwnChain
  /** With other blocks and states at the same slots. */
  readonly foreign: OwnChain
}

/** Two chains of three eras. */
export async function madeChains(): Promise<Chains> {
  const options = { eras: 3, isEmpty: (slot: number) => slot % 9 === 4 || slot === 128 }
  return { chain: await ownChain(options), foreign: await ownChain({ ...options, salt: 'other' }) }
}

/** One record in the place of another of its type, of the same era, the next, or the other chain. */
function misplaced(original: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const other = oneOf([original, ...others], random)
  const one = oneOf(recordsOf(original), random)
  const same = recordsOf(other).filter(({ type }) => type === one.type)
  const { from, to } = same.length === 0 ? one : oneOf(same, random)
  return Buffer.concat([original.subarray(0, one.from), other.subarray(from, to), original.subarray(one.to)])
}

/**
 * Files of the chain, one of which was changed: any bytes, or records in other places, or its content with right checksums;
 * or which is the other chain's.
 */
async function mutate({ chain, foreign }: Chains, random: Random): Promise<Map<string, Uint8Array>> {
  const files = new Map(chain.files)
  const names = [...files.keys()]
  const era = random(names.length)
  const name = names[era] ?? ''
  const original = files.get(name) ?? new Uint8Array(0)
  const how = random(12)
  const isNewest = era === names.length - 1
  const others = [...foreign.files.values()]
  if (how < 6 || isNewest) files.set(name, damagedAt(original, random(original.length), random))
  else if (how < 7) files.set(name, others[era] ?? original)
  else if (how < 9) {
    const near = [chain.files.get(names[era + 1] ?? '') ?? original, others[era] ?? original]
    files.set(name, misplaced(original, near, random))
  } else {
    // Nothing in the files says what the newest state must be: it is changed above only, where a checksum notices.
    try {
      files.set(name, await rewritten(original, { era, foreign }, random))
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
export async function runMutations(chains: Chains, count: number, seed: number): Promise<MutationCounts> {
  const answers = [...answersOf(chains.chain)]
  const counts = { right: 0, refused: 0 }
  for (let i = 0; i < count; i++) {
    const random = randomFrom(seed + i)
    const location = new MemoryLocation(await mutate(chains, random))
    let archive: BeaconArchive
    try {
      archive = await BeaconArchive.open(location, { network: OWN_NETWORK })
    } catch {
      counts.refused++
      continue
    }
    const api = new BeaconApi(archive, '1.0.0')
    for (let k = 0; k < 6; k++) {
      const [url = '', expected = new Uint8Array(0)] = answers[random(answers.length)] ?? []
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
