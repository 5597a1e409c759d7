import type { EntryCodec } from './entry-codec.ts'
import { type Layout, layoutCodec } from './layout-codec.ts'
import type { L2Block, L2BlockEnd, Transaction, UpdateGer } from './model.ts'
import { zeroL2Block, zeroL2BlockEnd, zeroTransaction, zeroUpdateGer } from './zero-values.ts'

/*
 * Codecs of the three generations with fixed layouts, docs/spec/sequencer-entries.md §§2-4: `sequencer-2023-09` and
 * `pre-etrog` are little-endian, `etrog` is big-endian.
 */

const LITTLE = true
const BIG = false

const blockHead: Layout['fields'] = [
  ['batchNumber', 'u64'],
  ['number', 'u64'],
  ['timestamp', 'u64'],
]
const exitRootAndCoinbase: Layout['fields'] = [
  ['globalExitRoot', 'hash'],
  ['coinbase', 'address'],
]
const etrogBlock: Layout['fields'] = [
  ...blockHead,
  ['deltaTimestamp', 'u32'],
  ['l1InfotreeIndex', 'u32'],
  ['l1Blockhash', 'hash'],
  ...exitRootAndCoinbase,
  ['forkId', 'b16'],
  ['chainId', 'b32'],
]
const percentageAndValid: Layout['fields'] = [
  ['effectiveGasPricePercentage', 'u8'],
  ['isValid', 'bool'],
]
const blockEnd: Layout['fields'] = [
  ['number', 'u64'],
  ['hash', 'hash'],
  ['stateRoot', 'hash'],
]
const gerHead: Layout['fields'] = [['batchNumber', 'u64'], ['timestamp', 'u64'], ...exitRootAndCoinbase]

export const september2023L2Block: EntryCodec<L2Block> = layoutCodec('L2 block', LITTLE, zeroL2Block, [
  { fields: [...blockHead, ...exitRootAndCoinbase] },
])

export const september2023Transaction: EntryCodec<Transaction> = layoutCodec(
  'L2 transaction',
  LITTLE,
  zeroTransaction,
  [{ fields: [['batchNumber', 'u64'], ...percentageAndValid], encoded: true }],
)

export const preEtrogL2Block: EntryCodec<L2Block> = layoutCodec('L2 block', LITTLE, zeroL2Block, [
  { fields: [...blockHead, ...exitRootAndCoinbase, ['forkId', 'b16']] },
])

export const preEtrogTransaction: EntryCodec<Transaction> = layoutCodec('L2 transaction', LITTLE, zeroTransaction, [
  { fields: percentageAndValid, encoded: true },
  { fields: [...percentageAndValid, ['imStateRoot', 'hash']], encoded: true, distinct: 'imStateRoot' },
])

export const preEtrogL2BlockEnd: EntryCodec<L2BlockEnd> = layoutCodec('L2 block end', LITTLE, zeroL2BlockEnd, [
  { fields: blockEnd },
])

export const preEtrogUpdateGer: EntryCodec<UpdateGer> = layoutCodec('update GER', LITTLE, zeroUpdateGer, [
  { fields: [...gerHead, ['forkId', 'b16'], ['stateRoot', 'hash']] },
])

export const etrogL2Block: EntryCodec<L2Block> = layoutCodec('L2 block', BIG, zeroL2Block, [
  { fields: etrogBlock },
  { fields: [...etrogBlock, ['localExitRoot', 'hash']], distinct: 'localExitRoot' },
])

export const etrogTransaction: EntryCodec<Transaction> = layoutCodec('L2 transaction', BIG, zeroTransaction, [
  { fields: [...percentageAndValid, ['imStateRoot', 'hash']], encoded: true },
])

export const etrogL2BlockEnd: EntryCodec<L2BlockEnd> = layoutCodec('L2 block end', BIG, zeroL2BlockEnd, [
  { fields: blockEnd },
])

export const etrogUpdateGer: EntryCodec<UpdateGer> = layoutCodec('update GER', BIG, zeroUpdateGer, [
  { fields: [...gerHead, ['forkId', 'b16'], ['chainId', 'b32'], ['stateRoot', 'hash']] },
])
