import type { L2Block, L2BlockEnd, Transaction, UpdateGer } from './model.ts'
import { NO_BYTES } from './values.ts'

/*
 * The objects that fields are read into, for the kinds of entries that several generations have. All keys are there in
 * one order, so that all objects of a kind share their shape.
 */

export function zeroL2Block(): L2Block {
  return {
    kind: 'l2Block',
    number: 0n,
    batchNumber: 0n,
    timestamp: 0n,
    deltaTimestamp: 0,
    minTimestamp: 0n,
    l1Blockhash: NO_BYTES,
    l1InfotreeIndex: 0,
    hash: NO_BYTES,
    stateRoot: NO_BYTES,
    globalExitRoot: NO_BYTES,
    coinbase: NO_BYTES,
    blockGasLimit: 0n,
    blockInfoRoot: NO_BYTES,
    baseFee: NO_BYTES,
    forkId: undefined,
    chainId: undefined,
    localExitRoot: undefined,
    debug: undefined,
    unknown: undefined,
  }
}

export function zeroTransaction(): Transaction {
  return {
    kind: 'transaction',
    l2blockNumber: 0n,
    index: 0n,
    isValid: false,
    encoded: NO_BYTES,
    effectiveGasPricePercentage: 0,
    imStateRoot: NO_BYTES,
    batchNumber: undefined,
    debug: undefined,
    unknown: undefined,
  }
}

export function zeroL2BlockEnd(): L2BlockEnd {
  return { kind: 'l2BlockEnd', number: 0n, hash: undefined, stateRoot: undefined, unknown: undefined }
}

export function zeroUpdateGer(): UpdateGer {
  return {
    kind: 'updateGer',
    batchNumber: 0n,
    timestamp: 0n,
    globalExitRoot: NO_BYTES,
    coinbase: NO_BYTES,
    forkId: 0n,
    chainId: 0n,
    stateRoot: NO_BYTES,
    debug: undefined,
    unknown: undefined,
  }
}
