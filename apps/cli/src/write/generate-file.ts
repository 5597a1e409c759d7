import { generateStream, type Operation } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/store'
import { Progress } from '../output/progress.ts'
import { appendOperations } from './append-operations.ts'

export interface GenerateOptions {
  readonly blocks: number
  readonly seed: bigint
  readonly chainId: bigint
}

/** Make a stream file; gives its number of entries. */
export async function generateFile(
  file: string,
  { blocks, seed, chainId }: GenerateOptions,
  signal: AbortSignal,
): Promise<bigint> {
  const store = await openStore({ file, systemId: chainId, fsync: 'never' })
  try {
    using progress = new Progress('generate')
    const operations = generateStream({ blocks: BigInt(blocks), seed, chainId })
    await appendOperations(store, untilAborted(operations, signal), (count) => progress.show(count, blocks))
    return store.getHeader().totalEntries
  } finally {
    await store.close()
  }
}

function* untilAborted(operations: Iterable<Operation>, signal: AbortSignal): Generator<Operation> {
  for (const operation of operations) {
    signal.throwIfAborted()
    yield operation
  }
}
