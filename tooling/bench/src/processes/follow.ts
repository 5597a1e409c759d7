/** Reads a whole stream with the client, from the first entry to the head. */
import { connect } from '@datastreamer/client'
import { answerQuestions } from '../harness/process.ts'

export interface FollowQuestion {
  readonly port: number
  readonly by: 'batches' | 'entries'
  /** Of these types only (default: of all). */
  readonly types?: readonly number[] | undefined
}

export interface FollowAnswer {
  readonly seconds: number
  readonly entries: number
}

answerQuestions(async ({ port, by, types }: FollowQuestion): Promise<FollowAnswer> => {
  await using client = await connect({ host: '127.0.0.1', port })
  const start = performance.now()
  let entries = 0
  let last = -1n
  if (by === 'batches') {
    for await (const batch of client.batches({ follow: false, types })) {
      entries += batch.length
      last = batch.at(-1)?.number ?? last
    }
  } else {
    for await (const entry of client.entries({ follow: false, types })) {
      entries++
      last = entry.number
    }
  }
  const seconds = (performance.now() - start) / 1000
  if (types === undefined && BigInt(entries) !== last + 1n) throw new Error(`${entries} entries, the last is ${last}`)
  return { seconds, entries }
})
