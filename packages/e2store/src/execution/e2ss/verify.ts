import type { AbortLike } from '../../abort.ts'
import { VerificationError } from '../../errors.ts'
import { defaultHashes, type Hashes } from '../../hash/hashes.ts'
import { equalBytes, toHex } from '../../io/bytes.ts'
import { encodeRlp } from '../../rlp/encode.ts'
import { EMPTY_TRIE_ROOT } from '../../trie/ordered-trie.ts'
import { StackTrie } from '../../trie/stack-trie.ts'
import { formatSnapshotName, nameId, parseSnapshotName } from '../names.ts'
import { accountLeaf, type SnapshotAccount, type StorageSlot } from './account.ts'
import type { Snapshot } from './snapshot.ts'

/** Slots of every storage record of an account except its last. */
export const SLOTS_PER_RECORD = 10_000_000

export interface VerifySnapshotOptions {
  readonly hashes?: Hashes
  /** Slots that every storage record except an account's last must have (default 10,000,000). */
  readonly slotsPerRecord?: number
  /**
   * Whether storage and state must have the roots in accounts and header (default true). If not, the report says whether
   * they have: for snapshots of part of a state, or of made-up accounts.
   */
  readonly requireRoots?: boolean
  /** The trusted hash of the snapshot's block, 32 bytes. */
  readonly trustedBlockHash?: Uint8Array
  /** The file's name, without its folder, to compare with the content. */
  readonly name?: string
  readonly signal?: AbortLike
  /** Called repeatedly with the number of bytes checked. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void
}

export interface SnapshotReport {
  readonly block: bigint
  readonly blockHash: Uint8Array
  readonly accounts: number
  readonly slots: number
  /** The root over the accounts in the file. */
  readonly stateRoot: Uint8Array
  /** Whether that is the header's, so that the accounts are the whole state. */
  readonly stateRootMatches: boolean
  /** Accounts whose storage does not have their storage root. */
  readonly wrongStorageRoots: number
  /** Whether the block's hash was compared with a trusted one. */
  readonly trusted: boolean
}

const ITEMS_BETWEEN_PROGRESS = 4096

/**
 * Verify a snapshot: accounts and slots ascend, code and storage are those that the accounts commit to, storage records
 * are full, and the accounts together have the header's state root.
 *
 * @throws {VerificationError} `WRONG_ORDER`, `WRONG_ROOT`, `WRONG_COUNT`, `WRONG_NAME`
 * @throws {E2FormatError} the bytes break the format
 * @see docs/spec/e2store-execution.md §11.4
 */
export async function verifyE2ss(snapshot: Snapshot, options: VerifySnapshotOptions = {}): Promise<SnapshotReport> {
  const {
    hashes = defaultHashes(),
    slotsPerRecord = SLOTS_PER_RECORD,
    requireRoots = true,
    signal,
    onProgress,
  } = options
  const { header, headerRlp, source } = snapshot
  const run = new SnapshotCheck(hashes, slotsPerRecord, requireRoots)
  let items = 0
  for await (const item of snapshot.items()) {
    if (item.kind === 'account') run.account(item.account, item.position)
    else run.slots(item.slots, item.record, item.position)
    if (++items % ITEMS_BETWEEN_PROGRESS === 0) {
      signal?.throwIfAborted()
      onProgress?.({ bytes: item.position, totalBytes: source.size })
    }
  }
  onProgress?.({ bytes: source.size, totalBytes: source.size })
  const stateRoot = run.finish(source.size)
  const stateRootMatches = equalBytes(stateRoot, header.stateRoot)
  if (!stateRootMatches && requireRoots) {
    const message = `accounts have the state root ${toHex(stateRoot)}, the header has ${toHex(header.stateRoot)}`
    throw new VerificationError('WRONG_ROOT', message, source.size)
  }
  const blockHash = hashes.keccak256(headerRlp)
  const { trustedBlockHash, name } = options
  if (trustedBlockHash !== undefined && !equalBytes(blockHash, trustedBlockHash)) {
    const message = `block has the hash ${toHex(blockHash)}, expected ${toHex(trustedBlockHash)}`
    throw new VerificationError('WRONG_ROOT', message, 8)
  }
  if (name !== undefined) checkSnapshotName(name, header.number, header.stateRoot)
  const { accounts, slotCount: slots, wrongStorageRoots } = run
  return {
    ...{ block: header.number, blockHash, accounts, slots, stateRoot, stateRootMatches, wrongStorageRoots },
    trusted: trustedBlockHash !== undefined,
  }
}

/** Compare an untrusted name with the content. */
function checkSnapshotName(name: string, block: bigint, stateRoot: Uint8Array): void {
  const parsed = parseSnapshotName(name)
  const id = nameId(stateRoot)
  if (parsed !== undefined && parsed.block === block && parsed.id === id) return
  const expected = formatSnapshotName({ network: parsed?.network ?? '<network>', block, id })
  const found = JSON.stringify(name.slice(0, 120))
  throw new VerificationError('WRONG_NAME', `file is named ${found}, its content is that of ${expected}`, 0)
}

class SnapshotCheck {
  readonly #hashes: Hashes
  readonly #slotsPerRecord: number
  readonly #requireRoots: boolean
  readonly #state: StackTrie
  #account: { readonly account: SnapshotAccount; readonly position: number } | undefined
  #storage: StackTrie | undefined
  #lastSlot: Uint8Array | undefined
  #record = 0
  #inRecord = 0
  accounts = 0
  slotCount = 0
  wrongStorageRoots = 0

  constructor(hashes: Hashes, slotsPerRecord: number, requireRoots: boolean) {
    this.#requireRoots = requireRoots
    this.#hashes = hashes
    this.#slotsPerRecord = slotsPerRecord
    this.#state = new StackTrie(hashes)
  }

  account(account: SnapshotAccount, position: number): void {
    const last = this.#account?.account.addressHash
    if (last !== undefined && !isBelow(last, account.addressHash)) {
      throw new VerificationError('WRONG_ORDER', 'accounts do not ascend', position)
    }
    this.#finishAccount(position)
    const codeHash = this.#hashes.keccak256(account.code)
    if (!equalBytes(codeHash, account.codeHash)) {
      const message = `code hashes to ${toHex(codeHash)}, the account has ${toHex(account.codeHash)}`
      throw new VerificationError('WRONG_ROOT', message, position)
    }
    this.#account = { account, position }
    this.#storage = undefined
    this.#lastSlot = undefined
    this.#record = 0
    this.#inRecord = 0
    this.accounts++
  }

  slots(slots: readonly StorageSlot[], record: number, position: number): void {
    if (record !== this.#record) {
      const isNext = record === this.#record + 1 && this.#inRecord === this.#slotsPerRecord
      if (!isNext) throw this.#wrongCount(position)
      this.#record = record
      this.#inRecord = 0
    }
    this.#storage ??= new StackTrie(this.#hashes)
    for (const { slotHash, value } of slots) {
      if (this.#lastSlot !== undefined && !isBelow(this.#lastSlot, slotHash)) {
        throw new VerificationError('WRONG_ORDER', 'slots do not ascend', position)
      }
      this.#storage.add(slotHash, encodeRlp(value))
      this.#lastSlot = slotHash
    }
    this.#inRecord += slots.length
    this.slotCount += slots.length
    if (this.#inRecord > this.#slotsPerRecord) throw this.#wrongCount(position)
  }

  finish(size: number): Uint8Array {
    this.#finishAccount(size)
    return this.#state.root()
  }

  #finishAccount(position: number): void {
    if (this.#account === undefined) return
    const { account, position: at } = this.#account
    const isLast = this.#inRecord > 0 && this.#record === account.storageRecords - 1
    if (account.storageRecords > 0 && !isLast) throw this.#wrongCount(position)
    const root = this.#storage?.root() ?? EMPTY_TRIE_ROOT
    if (!equalBytes(root, account.storageRoot)) {
      this.wrongStorageRoots++
      const message = `storage has the root ${toHex(root)}, the account has ${toHex(account.storageRoot)}`
      if (this.#requireRoots) throw new VerificationError('WRONG_ROOT', message, at)
    }
    this.#state.add(account.addressHash, accountLeaf(account))
  }

  #wrongCount(position: number): VerificationError {
    const expected = `expected ${this.#slotsPerRecord}, or from 1 on in the last`
    const message = `storage record of ${this.#inRecord} slots before another or the end, ${expected}`
    return new VerificationError('WRONG_COUNT', message, position)
  }
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (const [i, byte] of a.entries()) {
    const other = b[i] as number
    if (byte !== other) return byte < other
  }
  return false
}
