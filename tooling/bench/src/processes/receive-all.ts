/** Reads so many entries with some clients at the same time, compressed or not; answers with the seconds that took. */
import { StreamClient } from '@datastreamer/client'
import { answerQuestions } from '../harness/process.ts'

export interface ReceiveAllQuestion {
  readonly port: number
  readonly entries: number
  readonly readers: number
  readonly compression: boolean
}

answerQuestions(async ({ port, entries, readers, compression }: ReceiveAllQuestion): Promise<number> => {
  const start = performance.now()
  await Promise.all(
    Array.from({ length: readers }, async () => {
      await using client = new StreamClient({ host: '127.0.0.1', port, compression })
      let received = 0
      for await (const batch of client.batches({ to: BigInt(entries - 1) })) received += batch.length
      if (received !== entries) throw new Error(`${received} entries came, expected ${entries}`)
    }),
  )
  return (performance.now() - start) / 1000
})
