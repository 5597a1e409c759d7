import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { E2StoreError } from '@datastreamer/e2store'
import { type BuildSidecarOptions, buildSidecar } from '@datastreamer/e2store/sidecar'
import { StreamError } from '@datastreamer/format'
import { compareSidecar } from './compare-sidecar.ts'
import { openBlocks } from './facts.ts'
import { openInput, withFile } from './file.ts'

/** What a thread is asked for: to build the sidecar of a data file, or to compare one that is there. */
export interface IndexRequest {
  readonly path: string
  /** The sidecar to compare. */
  readonly compare?: string
}

/** What a thread answers. */
export type IndexReply =
  | { readonly t: 'progress'; readonly blocks: number; readonly totalBlocks: number }
  | { readonly t: 'built'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly t: 'same' }
  | { readonly t: 'failed'; readonly message: string }

/** Blocks between two notes of progress. */
const STEP = 256

async function answer({ path, compare }: IndexRequest, reply: (reply: IndexReply) => void): Promise<IndexReply> {
  let noted = 0
  const options: BuildSidecarOptions = {
    sha256: createHash('sha256'),
    onProgress: ({ blocks, totalBlocks }) => {
      if (blocks < noted + STEP) return
      noted = blocks
      reply({ t: 'progress', blocks, totalBlocks })
    },
  }
  const { signal } = new AbortController()
  return withFile(path, signal, async (file): Promise<IndexReply> => {
    const archive = await openBlocks(file)
    if (compare === undefined) return { t: 'built', bytes: new Uint8Array(await buildSidecar(archive, options)) }
    await using source = await openInput(compare, signal)
    await compareSidecar({ path: compare, source }, archive, options)
    return { t: 'same' }
  })
}

const port = parentPort
port?.on('message', (request: IndexRequest) => {
  const reply = (message: IndexReply): void => {
    port.postMessage(message, message.t === 'built' ? [message.bytes.buffer] : [])
  }
  answer(request, reply).then(reply, (error: unknown) => {
    if (
      !(error instanceof E2StoreError || error instanceof StreamError || (error instanceof Error && 'syscall' in error))
    ) {
      throw error
    }
    reply({ t: 'failed', message: error.message })
  })
})
