import type { EntrySource } from '@datastreamer/format'
import { type Checkpoint, checkpointOf, connect, StreamClient } from '../src/index.ts'
import { connectSource } from '../src/source.ts'

/**
 * What people write who have not read the documentation. Checked by the compiler; never called.
 */
export async function guesses(checkpoints: Checkpoint[]): Promise<void> {
  await using client: StreamClient = await connect('127.0.0.1:6900')
  await connect('tls://stream.example:6900', { tls: { ca: 'PEM' }, systemId: 779 })
  await connect('[::1]:6900', { streamType: 1, signal: AbortSignal.timeout(1000) })
  await connect({ host: '127.0.0.1', port: 6900, systemId: 779n })
  new StreamClient('tcp://127.0.0.1:6900')
  new StreamClient({ host: '127.0.0.1', port: 6900 })
  const source: EntrySource = client
  source.name.toUpperCase()

  await client.getEntry(5)
  await client.getEntry(5n)
  const number: bigint | undefined = await client.getBookmark(Uint8Array.of(1))
  const event = await client.getFirstEventAfterBookmark(Uint8Array.of(1))
  event?.data.length.toFixed()
  number?.toString()

  for await (const entry of client.entries({ from: 0, to: 9 })) checkpoints.push(checkpointOf(entry))
  for await (const batch of client.batches({ from: 'latest', follow: false })) batch.length.toFixed()
  for await (const { number } of client.entries({ from: { block: 5n } })) number.toString()
  for await (const { number } of client.entries({ from: { batch: 3 } })) number.toString()
  for await (const { number } of client.entries({ from: { after: checkpoints[0] ?? '' } })) number.toString()
  for await (const { number } of client.entries({ onAbort: 'return', signal: AbortSignal.timeout(1) }))
    number.toString()

  for await (const block of client.blocks()) JSON.stringify([block.checkpoint, block.transactions.length])
  for await (const { number } of client.blocks({ after: checkpoints[0] })) number.toString()
  for await (const { number } of client.blocks({ from: { block: 5 }, to: { block: 9 } })) number.toString()
  for await (const { number } of client.blocks({ from: 'latest', onAbort: 'return' })) number.toString()
  for await (const item of client.blockEvents({ after: checkpoints })) {
    if (item.kind === 'rewound') checkpoints.splice(checkpoints.indexOf(item.to ?? '') + 1)
    else checkpoints.push(item.block.checkpoint)
  }
  for await (const item of client.events({ from: { after: checkpoints } })) {
    if (item.kind === 'rewound') item.nextEntry.toString()
    else if (item.kind === 'entries') item.entries.length.toFixed()
  }
  // Nobody rewinds who did not ask for it.
  for await (const item of client.events({ from: 0 })) {
    const kind: 'connected' | 'entries' | 'operationBoundary' | 'progress' | 'signed' | 'disconnected' | 'history' =
      item.kind
    kind.toUpperCase()
  }
  for await (const { type } of client.entries({ types: [1, 0xb0], from: 5 })) type.toFixed()
  for await (const item of client.events({ types: [1] })) {
    if (item.kind === 'progress') checkpoints.push(item.checkpoint)
  }
  // @ts-expect-error these cannot say that history was rewritten
  client.entries({ from: { after: checkpoints } })
  // @ts-expect-error nor can these
  client.blocks({ after: checkpoints })
  const common: Checkpoint | undefined = await client.findCommon(checkpoints)
  common?.toUpperCase()

  await using writer = await connectSource('127.0.0.1:6901', { token: 'secret', nextEntry: 5 })
  await connectSource({ host: '127.0.0.1', port: 6901 })
  writer.startAtomicOp()
  await writer.commitAtomicOp()
  await writer.getEntry(5)
  await writer.updateEntryData(5, 1, Uint8Array.of(1))
  await writer.truncateFile(5)
  const same: bigint | undefined = await writer.getBookmark(Uint8Array.of(1))
  same?.toString()
}
