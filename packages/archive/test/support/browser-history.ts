import { memoryObjects } from '@datastreamer/e2store/objects'
import { openHistory } from '../../src/index.ts'

/** Objects of a history, their bytes as numbers. */
export type HistoryData = Readonly<Record<string, readonly number[]>>

/** What a page is given. */
interface Given {
  readonly historyData?: HistoryData
  readonly address?: string
  readonly publicKey?: string
}

const { historyData = {}, address = '', publicKey } = globalThis as Given

/** Read a history that is in memory. */
export async function readMemory() {
  const objects = memoryObjects()
  for (const [key, bytes] of Object.entries(historyData)) {
    await objects.put(key, Uint8Array.from(bytes), { kind: 'mutable', cacheControl: '', contentType: '' })
  }
  const notices: string[] = []
  const onNotice = ({ code }: { readonly code: string }): number => notices.push(code)
  const history = await openHistory(objects, { onNotice })
  let entries = 0n
  for await (const batch of history.batches()) entries += BigInt(batch.length)
  const { totalEntries } = history.getHeader()
  const withKey = await openHistory(objects, { publicKey }).catch((error: { readonly code: string }) => error.code)
  return {
    isWhole: entries === totalEntries,
    block: String((await history.block(33))?.number),
    at: String((await history.at(2n ** 40n))?.number),
    withKey: typeof withKey === 'string' ? withKey : 'opened',
    notices,
  }
}

/** Read a block of a history at an address. */
export async function readBlockAt(number: number) {
  const notices: string[] = []
  const onNotice = ({ message }: { readonly message: string }): number => notices.push(message)
  const history = await openHistory(address, { publicKey, onNotice })
  const block = await history.block(number)
  return { number: String(block?.number), transactions: block?.transactions.length, notices }
}

/** Read all of a history at an address. */
export async function readAllAt() {
  const history = await openHistory(address, { publicKey })
  let [entries, blocks] = [0, 0]
  for await (const batch of history.batches()) entries += batch.length
  for await (const _ of history.blocks({ from: { block: 10 } })) blocks++
  return { entries, blocks }
}
