import type { AbortLike } from '../abort.ts'
import { VerificationError } from '../errors.ts'
import { equalBytes, toHex } from '../io/bytes.ts'
import { Census, type TypeCount } from '../records/census.ts'
import { type BlockHead, blockHead, type StateHead } from './beacon-layout.ts'
import { type EraDeviation, MarkCensus } from './empty-marks.ts'
import { type EraBlock, type EraFile, firstSlot } from './era-file.ts'
import { checkGrammar } from './grammar.ts'
import type { EraGroup } from './group.ts'
import { parseEraName } from './name.ts'
import { blockHeaderRoot, eraRoot } from './roots.ts'

/** A block and its root in the state of its era. */
export interface CheckedBlock extends EraBlock {
  readonly group: EraGroup
  readonly head: BlockHead
  /** The root that the era's state has for its slot. */
  readonly root: Uint8Array
}

/** Further checks, of what is not at fixed positions. */
export interface EraChecks {
  /** Called once for each group, before its blocks. */
  state?(group: EraGroup, head: StateHead): Promise<void>
  /** Called for each block after its slot and parent were checked. */
  block?(block: CheckedBlock): Promise<void>
}

export interface VerifyEraOptions {
  /** The file's name, without its folder, to compare with the content. */
  readonly name?: string
  /** Genesis validators root of the network that the file must be of. */
  readonly genesisValidatorsRoot?: Uint8Array
  /** Root of the last block before the file's first era, if known. */
  readonly previousBlockRoot?: Uint8Array
  readonly checks?: EraChecks
  readonly signal?: AbortLike
  /** Called after each block with the number of bytes checked. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void
}

/** The result of a successful verification. */
export interface EraReport {
  readonly eras: readonly bigint[]
  readonly blocks: number
  readonly emptySlots: number
  readonly states: number
  readonly genesisValidatorsRoot: Uint8Array
  /** The root that names the file. */
  readonly eraRoot: Uint8Array
  /** The root of each era in the file, in the order of {@link eras}. */
  readonly eraRoots: readonly Uint8Array[]
  /** Root of the last block before the file's first era, which the previous file must end with; absent in era 0. */
  readonly previousBlockRoot?: Uint8Array
  /** Root of the last block of the file, for verifying the next file; absent in era 0. */
  readonly lastBlockRoot?: Uint8Array
  /** Records of unknown types. */
  readonly unknown: readonly TypeCount[]
  readonly deviations: readonly EraDeviation[]
}

function wrong(code: VerificationError['code'], message: string, position: number): VerificationError {
  return new VerificationError(code, message, position)
}

/** The root of entry `i` of an array of roots. */
function rootAt(roots: Uint8Array, i: number): Uint8Array {
  return roots.subarray(32 * i, 32 * i + 32)
}

/** The era before. */
interface Before {
  readonly era: bigint
  readonly head: StateHead
  readonly lastRoot?: Uint8Array
}

/** Read a group's whole state, which checks its checksums, and return the fields at fixed positions. */
async function readState(file: EraFile, group: EraGroup): Promise<StateHead> {
  for await (const _ of file.stateChunks(group, { step: 'verify' }));
  const head = await file.stateHead(group, { step: 'verify' })
  if (head.slot !== group.stateSlot) {
    const what = `state of slot ${head.slot} where the index has slot ${group.stateSlot}`
    throw wrong('WRONG_NUMBER', what, group.statePosition)
  }
  return head
}

/** Throw unless a state is of the chain of the state before, or of the one that the caller gives. */
function checkNetwork(group: EraGroup, head: StateHead, network: Uint8Array | undefined): void {
  if (network && !equalBytes(network, head.genesisValidatorsRoot)) {
    const what = `genesis validators root ${toHex(head.genesisValidatorsRoot)}, expected ${toHex(network)}`
    throw wrong('WRONG_NETWORK', what, group.statePosition)
  }
}

/** Throw unless the state has a block for this slot and it follows the block before. */
function checkBlock(
  { slot, position, head, root }: CheckedBlock,
  before: Uint8Array | undefined,
  stateRoot: Uint8Array,
): void {
  if (before && equalBytes(root, before)) {
    throw wrong(
      'WRONG_ROOT',
      `block of slot ${slot}, for which the state repeats the root of the block before it`,
      position,
    )
  }
  if (before && !equalBytes(head.parentRoot, before)) {
    const what = `block of slot ${slot} with parent ${toHex(head.parentRoot)}, expected ${toHex(before)}`
    throw wrong('WRONG_PARENT', what, position)
  }
  if (!equalBytes(head.stateRoot, stateRoot)) {
    const what = `block of slot ${slot} with state root ${toHex(head.stateRoot)}, expected ${toHex(stateRoot)}`
    throw wrong('WRONG_ROOT', what, position)
  }
}

/** Throw unless the last block header in a state is that of the last block before it, or of a block of its own slot. */
function checkLatestHeader(group: EraGroup, head: StateHead, lastBlock: bigint | undefined): void {
  const { slot, parentRoot, bytes } = head.latestBlockHeader
  const lastRoot = rootAt(head.blockRoots, group.slotsPerEra - 1)
  const own = slot === group.stateSlot
  if (!own && (lastBlock === undefined ? slot >= firstSlot(group) : slot !== lastBlock)) {
    const what = `state's last block is of slot ${slot}, expected ${lastBlock ?? `one before ${firstSlot(group)}`}`
    throw wrong('WRONG_ORDER', what, group.statePosition)
  }
  if (!equalBytes(own ? parentRoot : blockHeaderRoot(bytes), lastRoot)) {
    throw wrong('WRONG_ROOT', "the state's last block is not the last of its block roots", group.statePosition)
  }
}

/** Check the blocks of a group against its state; returns their number and the root of the block before them. */
async function checkBlocks(
  file: EraFile,
  group: EraGroup,
  head: StateHead,
  previous: Uint8Array | undefined,
  { checks, signal, onProgress }: VerifyEraOptions,
): Promise<{ readonly blocks: number; readonly previousRoot: Uint8Array }> {
  const index = await file.blockIndex(group, { step: 'verify' })
  let before = previous
  let next = 0
  let blocks = 0
  let last: bigint | undefined
  let previousRoot = rootAt(head.blockRoots, 0)
  const checkEmpty = (until: number): void => {
    for (; next < until; next++) {
      const root = rootAt(head.blockRoots, next)
      if (before && !equalBytes(root, before)) {
        const what = `slot ${firstSlot(group) + BigInt(next)} has no block, but the state has ${toHex(root)} for it`
        throw wrong('HIDDEN_BLOCK', what, index?.field(next) ?? group.start)
      }
      before = root
    }
  }
  for await (const block of file.blocks(group, { step: 'verify' })) {
    signal?.throwIfAborted()
    const i = Number(block.slot - firstSlot(group))
    checkEmpty(i)
    const root = rootAt(head.blockRoots, i)
    const origin = { position: block.position, step: 'verify' } as const
    const checked = { ...block, group, head: blockHead(block.ssz, origin), root }
    checkBlock(checked, before, rootAt(head.stateRoots, i))
    if (i === 0) previousRoot = checked.head.parentRoot
    await checks?.block?.(checked)
    onProgress?.({ bytes: block.position + 8, totalBytes: file.source.size })
    before = root
    last = block.slot
    next = i + 1
    blocks++
  }
  checkEmpty(group.slotsPerEra)
  checkLatestHeader(group, head, last)
  return { blocks, previousRoot }
}

/** Throw unless a file's name has the era and the root of its content. */
function checkName(file: EraFile, name: string, root: Uint8Array): void {
  const found = parseEraName(name)
  const era = file.groups[0]?.era
  if (found?.era !== era || found?.root !== toHex(root.subarray(0, 4))) {
    throw wrong('WRONG_NAME', `file named ${name}, but it begins with era ${era} and ends with ${toHex(root)}`, 0)
  }
}

/**
 * Verify a file by the fields at fixed positions, without decoding blocks and states: the order and types of its
 * records, every checksum, that each state and block is of its slot in the index, that there are blocks exactly where
 * the state has a new root, that each has the right parent and state root, that the state's last block is the last one,
 * that consecutive eras are of one chain, and the name.
 *
 * This does not check the other contents of blocks and states, nor signatures: give `checks` that do, such as those of
 * `@datastreamer/e2store/verify-era`.
 *
 * @throws {VerificationError} the content is not what it claims to be
 * @throws {E2FormatError} with step `verify`
 * @see docs/spec/e2store.md §7.3
 */
export async function verifyEra(file: EraFile, options: VerifyEraOptions = {}): Promise<EraReport> {
  const census = new Census()
  const marks = new MarkCensus()
  const roots: Uint8Array[] = []
  let blocks = 0
  let slots = 0
  let before: Before | undefined
  let previousBlockRoot: Uint8Array | undefined
  for (const group of file.groups) {
    options.signal?.throwIfAborted()
    if (before && group.era !== before.era + 1n) {
      throw wrong('WRONG_ORDER', `era ${group.era} after era ${before.era}`, group.start)
    }
    const index = await file.blockIndex(group, { step: 'verify' })
    await checkGrammar(file.source, group, index, census)
    marks.add(index, group)
    const head = await readState(file, group)
    checkNetwork(group, head, before?.head.genesisValidatorsRoot ?? options.genesisValidatorsRoot)
    await options.checks?.state?.(group, head)
    const previous = before ? before.lastRoot : options.previousBlockRoot
    if (group.slotsPerEra > 0) {
      const checked = await checkBlocks(file, group, head, previous, options)
      blocks += checked.blocks
      if (!before) previousBlockRoot = checked.previousRoot.slice()
    }
    slots += group.slotsPerEra
    options.onProgress?.({ bytes: group.end, totalBytes: file.source.size })
    const lastRoot = group.slotsPerEra > 0 && { lastRoot: rootAt(head.blockRoots, group.slotsPerEra - 1) }
    before = { era: group.era, head, ...lastRoot }
    roots.push(eraRoot(group.era, head))
  }
  if (!before) throw new RangeError('an era file has at least one group')
  const root = roots.at(-1) as Uint8Array
  if (options.name !== undefined) checkName(file, options.name, root)
  return {
    eras: file.groups.map(({ era }) => era),
    blocks,
    emptySlots: slots - blocks,
    states: file.groups.length,
    genesisValidatorsRoot: before.head.genesisValidatorsRoot,
    eraRoot: root,
    eraRoots: roots,
    ...(previousBlockRoot && { previousBlockRoot }),
    ...(before.lastRoot && { lastBlockRoot: before.lastRoot }),
    unknown: census.unknown(),
    deviations: marks.deviations(),
  }
}
