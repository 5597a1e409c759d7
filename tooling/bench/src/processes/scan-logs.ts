/**
 * Searches the receipts of all files in a folder for logs, with the same library as the server but without an index:
 * receipts are read, decompressed and decoded one after the other, and compared with nothing. Answers with ms and logs.
 */
import { join } from 'node:path'
import { openEre } from '@datastreamer/e2store'
import { decodeSlimReceipts } from '@datastreamer/e2store/execution'
import { nativeSnappy, openFile } from '@datastreamer/e2store/node'
import { answerQuestions } from '../harness/process.ts'

export interface ScanQuestion {
  readonly folder: string
  readonly names: readonly string[]
  /** As hex. */
  readonly address?: string | undefined
  readonly topic?: string | undefined
}

export interface ScanAnswer {
  readonly ms: number
  readonly logs: number
}

answerQuestions(async ({ folder, names, address, topic }: ScanQuestion): Promise<ScanAnswer> => {
  const [wantedAddress, wantedTopic] = [address, topic].map((text) => text && Buffer.from(text.slice(2), 'hex'))
  const codec = await nativeSnappy()
  const start = performance.now()
  let logs = 0
  for (const name of names) {
    await using file = await openFile(join(folder, name))
    const archive = await openEre(file, { codec })
    for await (const { receipts } of archive.iteratePayloads({ columns: ['receipts'] })) {
      for (const { logs: of } of decodeSlimReceipts(receipts ?? new Uint8Array(0))) {
        for (const log of of) {
          if (wantedAddress && !wantedAddress.equals(log.address)) continue
          if (wantedTopic && !wantedTopic.equals(log.topics[0] ?? new Uint8Array(0))) continue
          logs++
        }
      }
    }
  }
  return { ms: performance.now() - start, logs }
})
