import type { RlpReader } from '@datastreamer/e2store/execution'
import type { AccessListItem, Authorization } from './transaction.ts'

/** Numbers of the execution layer have at most 256 bits; chains differ in what they allow below that. */
const WORD_BYTES = 32

/** The next number of at most 256 bits. */
export function word(items: RlpReader, field: string): bigint {
  return items.uint(field, WORD_BYTES)
}

/** The next address; `undefined` if it is empty. */
export function optionalAddress(items: RlpReader, field: string): Uint8Array | undefined {
  const at = items.position
  const bytes = items.string(field)
  if (bytes.length === 0) return undefined
  if (bytes.length !== 20) throw items.error(`${field} has ${bytes.length} bytes, expected 20 or none`, at)
  return bytes
}

/** The next list of addresses with storage keys. */
export function accessList(items: RlpReader): AccessListItem[] {
  return readAll(items.list('accessList'), (list) => {
    const item = list.list('item of the access list')
    const address = item.fixed('address', 20)
    const storageKeys = readAll(item.list('storageKeys'), (keys) => keys.fixed('storage key', 32))
    item.end('item of the access list')
    return { address, storageKeys }
  })
}

/** The next list of hashes of blobs. */
export function blobHashes(items: RlpReader): Uint8Array[] {
  return readAll(items.list('blobVersionedHashes'), (list) => list.fixed('blob hash', 32))
}

/** The next list of authorizations. */
export function authorizations(items: RlpReader): Authorization[] {
  return readAll(items.list('authorizationList'), (list) => {
    const item = list.list('authorization')
    const authorization = {
      chainId: word(item, 'chainId'),
      address: item.fixed('address', 20),
      nonce: word(item, 'nonce'),
      yParity: word(item, 'yParity'),
      r: word(item, 'r'),
      s: word(item, 's'),
    }
    item.end('authorization')
    return authorization
  })
}

function readAll<T>(list: RlpReader, read: (list: RlpReader) => T): T[] {
  const out: T[] = []
  while (list.hasMore) out.push(read(list))
  return out
}
