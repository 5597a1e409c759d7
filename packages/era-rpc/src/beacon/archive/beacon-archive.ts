import type { OpenEraOptions } from '@datastreamer/e2store/era'
import type { Location } from '@datastreamer/e2store/location'
import { SSZ_PRESETS } from '@datastreamer/e2store/ssz'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'
import { BeaconError, notBuiltIn, notHeld } from '../errors.ts'
import { knownNetwork, type NetworkDescription } from '../network.ts'
import { Anchor } from './anchor.ts'
import { genesisBlock, type VerifiedBlock, verifyBlock } from './blocks.ts'
import { equalBytes, rootAt, toHex } from './bytes.ts'
import { EraFiles, type HeldEra } from './era-files.ts'
import { type EraRoots, readEraRoots } from './era-roots.ts'
import { type Finality, findFinality } from './finality.ts'
import type { HeldEras } from './held-eras.ts'
import { KeptValue, RecentValues } from './lru.ts'
import { RootIndex } from './root-index.ts'
import { verifiedChunks } from './verified-chunks.ts'
import { type VerifiedState, verifyState } from './verified-state.ts'

export interface BeaconArchiveOptions extends Pick<OpenEraOptions, 'codec' | 'maxBlockBytes' | 'maxStateBytes'> {
  /** The network (default: the built-in one that the files are named after). */
  readonly network?: NetworkDescription | undefined
}

/** Eras whose roots are kept in memory, half a megabyte each. */
const RECENT_ROOTS = 8
const RECENT_STATES = 256

/**
 * Blocks and states of a beacon chain in the era files of a location.
 *
 * What it returns was compared with the newest state that is held, whose root was computed from all of its bytes: block
 * and state roots of each era with the historical roots and summaries in it, blocks with the block roots of their era,
 * states with the state roots of the next.
 */
export class BeaconArchive implements AsyncDisposable {
  readonly network: BeaconNetwork
  readonly values: Readonly<Record<string, string>>
  readonly slotsPerEra: bigint
  readonly #files: EraFiles
  #newest: bigint
  #roots = new RecentValues<bigint, EraRoots | undefined>(RECENT_ROOTS)
  #states = new RecentValues<bigint, VerifiedState | undefined>(RECENT_STATES)
  #index: RootIndex
  readonly #anchor = new KeptValue<Anchor>()
  readonly #finality = new KeptValue<Finality | undefined>()

  private constructor(
    files: EraFiles,
    newest: bigint,
    network: BeaconNetwork,
    values: Readonly<Record<string, string>>,
  ) {
    this.#files = files
    this.#newest = newest
    this.network = network
    this.values = values
    this.slotsPerEra = BigInt(SSZ_PRESETS[network.preset].SLOTS_PER_HISTORICAL_ROOT)
    this.#index = this.#makeIndex()
  }

  #makeIndex(): RootIndex {
    return new RootIndex({
      first: this.#files.first,
      newest: this.#newest,
      roots: (era) => this.roots(era),
      hasBlock: (slot) => this.hasBlock(slot),
      stateRoot: async (era) => (await this.state(era))?.facts.root,
    })
  }

  /**
   * Look for files that were added or removed; returns whether there are any. All is then verified again, with the
   * newest state that is held then.
   */
  async refresh(): Promise<boolean> {
    if (!(await this.#files.refresh())) return false
    this.#newest = await this.#files.newest()
    this.#forget()
    return true
  }

  /** Verify all again. */
  #forget(): void {
    this.#anchor.forget()
    this.#finality.forget()
    this.#roots = new RecentValues(RECENT_ROOTS)
    this.#states = new RecentValues(RECENT_STATES)
    this.#index = this.#makeIndex()
  }

  /**
   * List a location's era files and open the newest. The archive does not own the location.
   *
   * @throws {BeaconError} `NO_ERAS`, `UNKNOWN_NETWORK`
   */
  static async open(location: Location, options: BeaconArchiveOptions = {}): Promise<BeaconArchive> {
    const { network, ...eraOptions } = options
    const files = await EraFiles.list(location, network?.config, eraOptions)
    try {
      const description = network ?? knownNetwork(files.config)
      if (!description) throw notBuiltIn(files.config, location.name)
      const newest = await files.newest()
      const { values = {}, ...rest } = description
      const head = await files.with(newest, ({ file, group }) => file.stateHead({ ...group, slotsPerEra: 0 }))
      const genesisValidatorsRoot =
        rest.genesisValidatorsRoot ?? toHex(head?.genesisValidatorsRoot ?? new Uint8Array(0))
      return new BeaconArchive(files, newest, { ...rest, genesisValidatorsRoot }, values)
    } catch (error) {
      await files[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The newest state, read completely on the first call. */
  anchor(): Promise<Anchor> {
    return this.#anchor.get(async () => {
      const anchor = await this.#files.with(this.#newest, (held) => Anchor.read(this.network, held))
      return anchor ?? Promise.reject(notHeld(`era ${this.#newest}`))
    })
  }

  /** Which eras are held, and which of them more than once. @throws {LocationError} */
  eras(): Promise<HeldEras> {
    return this.#files.eras()
  }

  /** The newest state whose latest block is held too; `undefined` if there is none. */
  finality(): Promise<Finality | undefined> {
    return this.#finality.get(() =>
      findFinality(this.#newest, this.#files.first, {
        roots: (era) => this.roots(era),
        hasBlock: (slot) => this.hasBlock(slot),
      }),
    )
  }

  /**
   * The start of an era's state, verified; `undefined` if the era is not held.
   *
   * @throws {BeaconError} `NOT_VERIFIED`
   */
  roots(era: bigint): Promise<EraRoots | undefined> {
    return this.#roots.get(era, async () => {
      const anchor = await this.anchor()
      return this.#files.with(era, (held) => readEraRoots(this.network, anchor, held))
    })
  }

  /** Whether the file of a slot's era has its block. */
  async hasBlock(slot: bigint): Promise<boolean> {
    const roots = await this.roots(this.#eraOfBlock(slot))
    if (!roots) return false
    return (await this.#inFile(roots, ({ file }) => file.blockRecord(slot))) !== undefined
  }

  /**
   * The block of a slot; `undefined` if the slot is empty.
   *
   * @throws {BeaconError} `NOT_HELD`: its era is not held; `NOT_VERIFIED`
   */
  async block(slot: bigint): Promise<VerifiedBlock | undefined> {
    const roots = await this.roots(this.#eraOfBlock(slot))
    if (!roots) throw notHeld(`era ${this.#eraOfBlock(slot)} of slot ${slot}`)
    const root = rootAt(roots.head.blockRoots, Number(slot % this.slotsPerEra))
    const block = await this.#inFile(roots, async ({ file }) => {
      const found = await file.block(slot)
      return found && verifyBlock(this.network, slot, found.ssz, root)
    })
    if (block) return block
    if (slot === 0n) return this.#genesisBlock(root)
    if (await this.#isEmpty(roots, slot)) return undefined
    const what = `${roots.fileName} has no block of slot ${slot}, but its state has a root of one`
    throw new BeaconError('NOT_VERIFIED', what)
  }

  /** Slot of a block by its root. */
  blockSlot(root: Uint8Array): Promise<bigint | undefined> {
    return this.#index.blockSlot(root)
  }

  /**
   * An era's state, read completely on the first call; `undefined` if the era is not held.
   *
   * @throws {BeaconError} `NOT_VERIFIED`
   */
  state(era: bigint): Promise<VerifiedState | undefined> {
    return this.#states.get(era, async () => {
      const next = era < this.#newest ? await this.roots(era + 1n) : undefined
      const expected = next && rootAt(next.head.stateRoots, 0)
      const { era: newest, fileName, facts } = await this.anchor()
      if (era === newest) return { era, slot: era * this.slotsPerEra, fileName, facts, verified: 'content' }
      return this.#files.with(era, (held) => verifyState(this.network, held, expected))
    })
  }

  /** Era of a state by its root, in hex. */
  async stateEra(root: string): Promise<bigint | undefined> {
    const anchor = await this.anchor()
    return root === toHex(anchor.facts.root) ? anchor.era : this.#index.stateEra(root)
  }

  /**
   * The bytes of a state, in constant memory. The last of them come only if all are those that were verified.
   *
   * @throws {BeaconError} `NOT_VERIFIED`: the file was changed; then all is verified again
   */
  async *stateChunks({ era, slot, fileName, facts }: VerifiedState): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.#files.stream(fileName, (file) => {
        const group = file.groups.find((each) => each.era === era)
        if (!group) throw notHeld(`era ${era}`)
        return verifiedChunks(file.stateChunks(group), facts.bytes, `the state of slot ${slot}`)
      })
    } catch (error) {
      if (error instanceof BeaconError && error.code === 'NOT_VERIFIED') this.#forget()
      throw error
    }
  }

  #eraOfBlock(slot: bigint): bigint {
    return slot / this.slotsPerEra + 1n
  }

  /** Whether the states say that a slot has no block. */
  async #isEmpty({ era, head }: EraRoots, slot: bigint): Promise<boolean> {
    const i = Number(slot % this.slotsPerEra)
    if (i > 0) return equalBytes(rootAt(head.blockRoots, i), rootAt(head.blockRoots, i - 1))
    const before = await this.roots(era - 1n)
    return before === undefined || before.head.latestBlockHeader.slot !== slot
  }

  async #genesisBlock(root: Uint8Array): Promise<VerifiedBlock> {
    const state = await this.state(0n)
    if (!state) throw notHeld('the block of slot 0, and the state that it follows from,')
    return verifyBlock(this.network, 0n, genesisBlock(this.network, state.facts.root), root)
  }

  /** Use the file that the roots are from. */
  #inFile<T>({ era, fileName }: EraRoots, use: (held: HeldEra) => Promise<T | undefined>): Promise<T | undefined> {
    return this.#files.with(era, async (held) => (held.fileName === fileName ? use(held) : undefined))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]()
  }
}
