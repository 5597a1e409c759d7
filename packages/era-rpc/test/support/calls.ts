import type { MadeUpBlock } from './made-up-chain.ts'

const quantity = (value: bigint | number): string => `0x${value.toString(16)}`

/** All that can be asked for about a block. */
export function callsFor({ number, hash, transactions }: MadeUpBlock): [string, ...unknown[]][] {
  const ref = quantity(number)
  return [
    ...[true, false].flatMap((full): [string, ...unknown[]][] => [
      ['eth_getBlockByNumber', ref, full],
      ['eth_getBlockByHash', hash, full],
    ]),
    ['eth_getHeaderByNumber', ref],
    ['eth_getHeaderByHash', hash],
    ['eth_getBlockReceipts', ref],
    ['eth_getBlockTransactionCountByNumber', ref],
    ['eth_getBlockTransactionCountByHash', hash],
    ['eth_getUncleCountByBlockNumber', ref],
    ['eth_getUncleCountByBlockHash', hash],
    ['eth_getUncleByBlockNumberAndIndex', ref, '0x0'],
    ['eth_getUncleByBlockHashAndIndex', hash, '0x0'],
    ['eth_getTransactionByBlockNumberAndIndex', ref, '0x0'],
    ['eth_getTransactionByBlockHashAndIndex', hash, '0x0'],
    ['eth_getLogs', { blockHash: hash }],
    ['debug_getRawHeader', ref],
    ['debug_getRawBlock', ref],
    ['debug_getRawReceipts', ref],
    ...transactions.flatMap((transaction): [string, ...unknown[]][] => [
      ['eth_getTransactionByHash', transaction.hash],
      ['eth_getTransactionReceipt', transaction.hash],
      ['debug_getRawTransaction', transaction.hash],
    ]),
  ]
}
