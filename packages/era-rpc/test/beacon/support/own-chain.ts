import { createHash } from 'node:crypto'
import { toBytes } from '@datastreamer/e2store'
import { EraWriter, formatEraName } from '@datastreamer/e2store/era'
import {
  beaconTypes,
  blockHeaderType,
  defaultValue,
  fixedPart,
  hashTreeRoot,
  type SszContainer,
  type SszFork,
  type SszType,
} from '@datastreamer/e2store/ssz'
import { forkAt } from '@datastreamer/e2store/verify-era'
import type { NetworkDescription } from '../../../src/beacon.ts'

/** Slots of an era of the minimal preset. */
export const SLOTS = 64

/** A network of the tests: the minimal preset, each era in another fork. */
export const OWN_NETWORK: NetworkDescription = {
  config: 'own',
  preset: 'minimal',
  forks: ['phase0', 'altair', 'bellatrix', 'capella', 'deneb', 'electra', 'fulu'].map((name, i) => ({
    name,
    epoch: BigInt(8 * i),
    version: `0${i}0000aa`,
  })),
}

export interface OwnBlock {
  readonly slot: bigint
  readonly root: Uint8Array
  readonly ssz: Uint8Array
}

export interface OwnState {
  readonly era: bigint
  readonly slot: bigint
  readonly root: Uint8Array
  readonly ssz: Uint8Array
  readonly latest: { readonly slot: bigint; readonly root: Uint8Array }
}

export interface OwnChain {
  readonly blocks: ReadonlyMap<bigint, OwnBlock>
  readonly states: readonly OwnState[]
  /** One file for each era, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

const WITH_VALIDATORS = { ...OWN_NETWORK, genesisValidatorsRoot: '' }
const SUMMARY: SszType = { kind: 'bytes', length: 64 }

function forkOf(slot: bigint): SszFork {
  return forkAt(WITH_VALIDATORS, slot).name as SszFork
}

const sha256 = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, value, true)
  return out
}

/** A container with some of its fields given, serialized, and the others their defaults. */
function serialized(type: SszContainer, given: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const { layouts, size } = fixedPart(type)
  const head = new Uint8Array(size)
  const tail: Uint8Array[] = []
  let end = size
  for (const layout of layouts) {
    const value = given[layout.name] ?? defaultValue(layout.type)
    if (layout.size === undefined) {
      new DataView(head.buffer).setUint32(layout.at, end, true)
      tail.push(value)
      end += value.length
    } else head.set(value, layout.at)
  }
  return new Uint8Array(Buffer.concat([head, ...tail]))
}

export interface OwnChainOptions {
  readonly eras?: number
  readonly isEmpty?: (slot: number) => boolean
  /** Whether era 1 has the block of slot 0 (default true). */
  readonly hasGenesisBlock?: boolean
  /** Makes two chains differ. */
  readonly salt?: string
  /** Balances in each state, as many validators would have. */
  readonly balances?: number
}

/** Eras whose roots are in the state's historical roots; later ones are in its summaries. */
const ERAS_BEFORE_SUMMARIES = 3

interface Unwritten extends OwnBlock {
  readonly header: Uint8Array
}

class ChainBuilder {
  readonly blocks = new Map<bigint, OwnBlock>()
  readonly states: OwnState[] = []
  readonly files = new Map<string, Uint8Array>()
  readonly #options: OwnChainOptions
  readonly #salt: string
  readonly #validators: Uint8Array
  /** Block roots and state roots of each era from 1 on, 64 bytes. */
  readonly #summaries: Uint8Array[] = []
  #header: Uint8Array = new Uint8Array(112)
  #parent: Uint8Array = new Uint8Array(32)
  #blockRoots: Uint8Array = new Uint8Array(32 * SLOTS)
  #stateRoots: Uint8Array = new Uint8Array(32 * SLOTS)
  /** Blocks for the file of the next era. */
  #unwritten: OwnBlock[] = []

  constructor(options: OwnChainOptions) {
    this.#options = options
    this.#salt = options.salt ?? ''
    this.#validators = sha256(`validators${this.#salt}`)
  }

  /** Write the state of an era and its file, then the blocks after it. */
  async addEra(era: number): Promise<void> {
    const slot = BigInt(era * SLOTS)
    const isEmpty = this.#options.isEmpty ?? (() => false)
    if (era > 0) this.#summaries.push(await this.#summary())
    const hasBlock = !isEmpty(Number(slot))
    // The state's latest header is that of its own block without the state's root, which nobody knows yet.
    const header = hasBlock ? this.#makeBlock(slot, new Uint8Array(32)).header : this.#header
    const ssz = this.#makeState(era, header)
    const root = hashTreeRoot(beaconTypes('minimal', forkOf(slot)).state, ssz)
    const written = this.#unwritten
    this.#unwritten = []
    if (hasBlock) this.#add(this.#makeBlock(slot, root))
    const latest = { slot: new DataView(this.#header.buffer).getBigUint64(0, true), root: this.#parent }
    this.states.push({ era: BigInt(era), slot, root, ssz, latest })
    await this.#writeFile(era, written, ssz)
    for (let i = 0; i < SLOTS; i++) {
      const at = slot + BigInt(i)
      const stateRoot = i === 0 ? root : sha256(`state ${at}${this.#salt}`)
      if (i > 0 && !isEmpty(Number(at))) this.#add(this.#makeBlock(at, stateRoot))
      this.#blockRoots.set(this.#parent, 32 * i)
      this.#stateRoots.set(stateRoot, 32 * i)
    }
  }

  #add({ header, ...block }: Unwritten): void {
    this.#header = header
    this.#parent = block.root
    this.blocks.set(block.slot, block)
    this.#unwritten.push(block)
  }

  #makeBlock(slot: bigint, stateRoot: Uint8Array): Unwritten {
    const types = beaconTypes('minimal', forkOf(slot))
    const body = serialized(types.body, slot === 0n ? {} : { graffiti: sha256(`block ${slot}${this.#salt}`) })
    const message = serialized(types.message, {
      slot: u64(slot),
      proposer_index: u64(slot % 16n),
      parent_root: this.#parent,
      state_root: stateRoot,
      body,
    })
    const header = new Uint8Array([...message.subarray(0, 80), ...hashTreeRoot(types.body, body)])
    const signature = new Uint8Array(96).fill(slot === 0n ? 0 : Number(slot % 251n))
    const ssz = serialized(types.signed, { message, signature })
    return { slot, root: hashTreeRoot(blockHeaderType, header), ssz, header }
  }

  #makeState(era: number, header: Uint8Array): Uint8Array {
    const slot = BigInt(era * SLOTS)
    const { version } = forkAt(WITH_VALIDATORS, slot)
    const roots = this.#summaries.slice(0, ERAS_BEFORE_SUMMARIES).map((each) => hashTreeRoot(SUMMARY, each))
    const epoch = u64(slot / 8n)
    return serialized(beaconTypes('minimal', forkOf(slot)).state, {
      genesis_time: u64(1_600_000_000n),
      genesis_validators_root: this.#validators,
      slot: u64(slot),
      fork: new Uint8Array(Buffer.concat([Buffer.from(version + version, 'hex'), epoch])),
      latest_block_header: header,
      block_roots: this.#blockRoots,
      state_roots: this.#stateRoots,
      historical_roots: new Uint8Array(Buffer.concat(roots)),
      historical_summaries: new Uint8Array(Buffer.concat(this.#summaries.slice(ERAS_BEFORE_SUMMARIES))),
      balances: new Uint8Array(8 * (this.#options.balances ?? 10)).fill(9),
      finalized_checkpoint: new Uint8Array([...epoch, ...sha256(`finalized ${era}`)]),
    })
  }

  async #summary(): Promise<Uint8Array> {
    const roots: SszType = { kind: 'vector', of: { kind: 'bytes', length: 32 }, length: SLOTS }
    return new Uint8Array([...hashTreeRoot(roots, this.#blockRoots), ...hashTreeRoot(roots, this.#stateRoots)])
  }

  async #writeFile(era: number, blocks: readonly OwnBlock[], state: Uint8Array): Promise<void> {
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era: BigInt(era), slotsPerEra: SLOTS })
    for (const { slot, ssz } of blocks) {
      if (slot > 0n || this.#options.hasGenesisBlock !== false) await writer.block(ssz)
    }
    await writer.finish(state)
    const last = this.#summaries.at(-1)
    const name = Buffer.from(last ? hashTreeRoot(SUMMARY, last) : this.#validators).toString('hex')
    this.files.set(formatEraName({ config: OWN_NETWORK.config, era: BigInt(era), root: name }), sink.bytes())
  }
}

/**
 * A chain whose roots are right: of blocks, of states, of eras in later states. Nobody signed it, and its states do not
 * follow from its blocks. The last state's own block, and what follows it, is in none of the files.
 */
export async function ownChain(options: OwnChainOptions = {}): Promise<OwnChain> {
  const builder = new ChainBuilder(options)
  for (let era = 0; era <= (options.eras ?? 5); era++) await builder.addEra(era)
  return builder
}
