import type { History } from '@datastreamer/era-history'

/** Where there are only files of beacon chains: no blocks, all of which were pruned. */
export const NO_HISTORY: History = {
  head: undefined,
  earliest: undefined,
  network: undefined,
  runs: [],
  find: () => 'absent',
  holdsReceipts: () => false,
  block: async () => undefined,
  numberOf: async () => undefined,
  transactionAt: async () => undefined,
  async *logs() {},
  async [Symbol.asyncDispose]() {},
}
