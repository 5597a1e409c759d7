/** Asks a JSON-RPC server, on several kept connections at a time, each with one call after the other. */
import { answerQuestions } from '../harness/process.ts'
import { HttpClient } from '../history/http-client.ts'
import { Random } from '../history/random.ts'

/** Calls, in turn; `$N` in their parameters is the number of a block, as hex, `$E` that of the last of its sixteen. */
export interface AskQuestion {
  readonly port: number
  readonly connections: number
  readonly calls: readonly { readonly method: string; readonly params: string }[]
  /** Numbers of blocks, chosen at random, from 0 up to this, itself excluded, or from a list. */
  readonly blocks: number | readonly number[]
  readonly seed: number
  /** Ends after so long, or so many calls. */
  readonly ms: number
  readonly most?: number | undefined
}

export interface AskAnswer {
  readonly calls: number
  readonly seconds: number
  /** Of all answers. */
  readonly bytes: number
  readonly latenciesMs: readonly number[]
}

const hex = (number: number): string => `0x${number.toString(16)}`

answerQuestions(async (question: AskQuestion): Promise<AskAnswer> => {
  const { port, connections, calls, blocks, seed, ms, most = Number.POSITIVE_INFINITY } = question
  const latenciesMs: number[] = []
  let bytes = 0
  let begun = 0
  const start = performance.now()
  const work = async (_: unknown, connection: number): Promise<void> => {
    using client = await HttpClient.open(port)
    const random = new Random(1000 * seed + connection)
    while (begun < most) {
      const { method, params } = calls[begun++ % calls.length] as AskQuestion['calls'][number]
      const number = typeof blocks === 'number' ? random.below(blocks) : (blocks[random.below(blocks.length)] as number)
      const json = params.replaceAll('$N', hex(number)).replaceAll('$E', hex(number - (number % 16) + 15))
      const before = performance.now()
      const answer = await client.post(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${json}}`)
      const after = performance.now()
      if (/"error":|"result":null/.test(answer.tail)) throw new Error(`${method} ${json}: ${answer.tail}`)
      bytes += answer.bytes
      latenciesMs.push(after - before)
      if (after - start > ms) break
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  return { calls: latenciesMs.length, seconds: (performance.now() - start) / 1000, bytes, latenciesMs }
})
