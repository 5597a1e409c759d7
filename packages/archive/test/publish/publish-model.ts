import { setImmediate as turn } from 'node:timers/promises'
import { oneOf, randomFrom } from '@datastreamer/fixtures/random'
import { type SignerKey, signerKey } from '@datastreamer/format/signing'
import { nodeSha256 } from '../../src/node.ts'
import { type PublishHistoryOptions, publishHistory } from '../../src/publish/history-publisher.ts'
import { CheckpointKeys } from '../../src/publish/checkpoint-keys.ts'
import { PublishError } from '../../src/publish/publish-error.ts'
import { ChangingStream } from './changing-stream.ts'
import { HistoryWatch } from './check-history.ts'
import { Crash, MemoryWorld } from './memory-world.ts'
import { storedZstd } from './stored-zstd.ts'

/** Waits no time, but lets others have their turn. */
export async function noSleep(_ms: number, signal?: { readonly aborted: boolean }): Promise<void> {
  await turn()
  ;(signal as AbortSignal | undefined)?.throwIfAborted()
}

export const keys: readonly SignerKey[] = [await signerKey('example.org/stream', new Uint8Array(32).fill(7))]

const MOST_ENTRIES = 200

/** One random history: a stream that grows and is truncated, a publisher that dies and starts again. */
export async function publishModel(seed: number): Promise<void> {
  const random = randomFrom(seed)
  const stream = new ChangingStream(random)
  const world = new MemoryWorld(random)
  const watch = new HistoryWatch(new CheckpointKeys(keys), stream)
  let failure: unknown
  world.onChange = () => {
    watch.check(new Map(world.objects)).catch((error: unknown) => {
      failure ??= error
    })
  }
  const change = (): void => {
    if (random(4) === 0) stream.truncate(random(stream.length + 1))
    stream.append(random(stream.length < MOST_ENTRIES ? 60 : 5))
  }
  world.onCall = () => {
    if (random(12) === 0) change()
    if (random(8) === 0) world.deliver()
  }
  const options: Omit<PublishHistoryOptions, 'destination' | 'state' | 'lag'> = {
    ...{ source: stream, keys, zstd: storedZstd(), segmentBytes: 500, follow: false, sleep: noSleep, sha256: nodeSha256 },
  }
  let ended = false
  const finish = async (): Promise<void> => {
    await turn()
    if (failure !== undefined) throw failure
  }
  const snapshots = [new Map(world.objects)]
  for (let round = 3 + random(8); round > 0; round--) {
    change()
    // What the largest checkpoint signs for is never lost in both places: then nobody could know of it.
    const isIn = async (note: Uint8Array | undefined): Promise<boolean> =>
      (note === undefined ? 0 : (await watch.keys.open(note))?.size) === watch.largest
    if (random(8) === 0 && !world.hasLate && (await isIn(world.objects.get('checkpoint')))) world.state = new Map()
    else if (random(8) === 0 && (await isIn(world.state.get('checkpoint')))) {
      world.deliver(true)
      world.objects = new Map(oneOf(snapshots, random))
    }
    const isStateless = !world.state.has('checkpoint')
    const kind = oneOf(['before', 'after', 'late'] as const, random)
    const session = world.session(round === 1 ? {} : { crashAt: random(50), kind })
    const run = publishHistory({
      ...{ ...options, destination: session.objects, state: session.state },
      ...{ lag: { entries: random(20) }, rest: random(4) === 0 },
    })
    await run.catch((error: unknown) => {
      if (error instanceof Crash) return
      // Without state, a publisher does not go on where the stream has other entries than the history.
      if (!(isStateless && isForeign(error))) throw error
      ended = true
    })
    if (ended) return finish()
    snapshots.push(new Map(world.objects))
    if (random(2) === 0) world.deliver()
  }
  world.onCall = () => {}
  world.deliver(true)
  const { objects, state } = world.session()
  await publishHistory({ ...options, destination: objects, state, lag: { entries: 0 }, rest: true })
  await finish()
  const { valid } = await watch.check(world.objects)
  const { number } = valid.at(-1)?.end ?? { number: 0n }
  if (number !== BigInt(stream.length)) throw new Error(`published up to ${number} of ${stream.length} entries`)
}

function isForeign(error: unknown): boolean {
  return error instanceof PublishError && error.code === 'FOREIGN_CHECKPOINT'
}
