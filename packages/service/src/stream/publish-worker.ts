// Runs in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads'
import { PublishError, type PublishEvent, publishHistory } from '@datastreamer/archive'
import { nodeSha256, nodeZstdEncoder, openPublisherState } from '@datastreamer/archive/node'
import { openWritableObjects } from '@datastreamer/e2store/node'
import { invariant } from '@datastreamer/format'
import { sleep, systemClock } from '@datastreamer/runtime'
import { openReader } from '@datastreamer/store'
import { noBookmarks } from './no-bookmarks.ts'
import type { PublishRequest, PublishStart, SentPublishEvent } from './publish-messages.ts'

invariant(parentPort !== null, 'a thread that publishes is started by its service')
const port = parentPort
const start = workerData as PublishStart
const clock = systemClock
const stop = new AbortController()
const { signal } = stop

/** Milliseconds between two looks at the file. */
const POLL_MS = 100
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000
/** Causes that somebody has to look at. */
const FINAL: ReadonlySet<string> = new Set(['FOREIGN_CHECKPOINT', 'OTHER_STREAM', 'BAD_STATE'])

port.on('message', (request: PublishRequest) => {
  if (request === 'close') stop.abort(new Error('closed'))
})

/** Publish until it is closed, or somebody has to look at what was found. */
async function publishOn(): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await publish()
    } catch (error) {
      if (signal.aborted) return
      const message = error instanceof Error ? error.message : String(error)
      const code = finalCode(error)
      if (code !== undefined) {
        send({ kind: 'stopped', code, message })
        return
      }
      send({ kind: 'failed', what: 'publish', message, retryInMs: pauseMs })
      await sleep(clock, pauseMs, { signal }).catch(() => undefined)
    }
  }
}

async function publish(): Promise<void> {
  const { file, destination: address, keys, lag, state: folder } = start
  await using destination = await openWritableObjects(address)
  await using state = await openPublisherState(folder)
  // What reads on never looks a bookmark up.
  await using source = await openReader(file, { follow: true, pollMs: POLL_MS, index: noBookmarks })
  await publishHistory({
    ...{ source, destination, state, keys, lag, signal, onEvent: onPublishEvent },
    ...{ zstd: nodeZstdEncoder, sha256: nodeSha256 },
  })
}

function finalCode(error: unknown): string | undefined {
  if (error instanceof PublishError) return FINAL.has(error.code) ? error.code : undefined
  // What was asked for cannot be done here: with this stream, or this version of Node.
  return error instanceof RangeError || error instanceof TypeError ? error.name : undefined
}

function onPublishEvent(event: PublishEvent): void {
  if (event.kind === 'failed') {
    const { kind, what, error, retryInMs } = event
    send({ kind, what, retryInMs, message: error instanceof Error ? error.message : String(error) })
  } else send(event)
}

function send(event: SentPublishEvent): void {
  port.postMessage(event)
}

await publishOn()
port.close()
