import { blockToJson, type FullL2Block } from '@datastreamer/sequencer-entries'
import { hex, plural, time } from './text.ts'

/** One line for a block. */
export function blockLine(block: FullL2Block): string {
  const { number, batchNumber, timestamp, transactions, hash } = block
  const fork = `fork ${block.forkId ?? '?'}`
  const txs = plural(transactions.length, 'tx', 'txs')
  return `block ${String(number).padStart(8)}  batch ${String(batchNumber).padStart(6)}  ${fork}  ${time(timestamp)}  ${txs.padStart(7)}  ${hex(hash, 8)}`
}

/** A block for `--json`. */
export function blockJson(block: FullL2Block): string {
  return JSON.stringify(blockToJson(block))
}
