import { setImmediate as turn } from 'node:timers/promises'
import { randomFrom } from '@datastreamer/fixtures/random'
import { type SignerKey, signerKey } from '@datastreamer/format/signing'
import type { LeafChain } from '../../src/leaf/check-follows.ts'
import { nodeSha256 } from '../../src/node.ts'
import { CheckpointKeys } from '../../src/publish/checkpoint-keys.ts'
import type { Reach } from '../../src/publish/lag.ts'
import type { PublishEvent } from '../../src/publish/publish-event.ts'
import { publishHistory } from '../../src/publish/publish-history.ts'
import type { PublishHistoryOptions } from '../../src/publish/publish-options.ts'
import type { IdentityFields } from '../../src/segment/header.ts'
import { ChangingStream } from './changing-stream.ts'
import { HistoryWatch } from './check-history.ts'
import { MemoryWorld } from './memory-world.ts'
import { storedZstd } from './stored-zstd.ts'

export const keys: readonly SignerKey[] = [await signerKey('example.org/stream', new Uint8Array(32).fill(7))]

/** Waits no time, but lets others have their turn. */
async function noSleep(_ms: number, signal?: { readonly aborted: boolean }): Promise<void> {
  await turn()
  ;(signal as AbortSignal | undefined)?.throwIfAborted()
}

/** A stream, and what a publisher of it works with. */
export class PublishHarness {
  readonly stream: ChangingStream
  readonly world: MemoryWorld
  readonly watch: HistoryWatch
  /** What publishers reported. */
  readonly events: PublishEvent[] = []

  constructor(seed = 1, identity: Partial<IdentityFields> = {}) {
    const random = randomFrom(seed)
    this.stream = new ChangingStream(random, identity)
    this.world = new MemoryWorld(random)
    this.watch = new HistoryWatch(new CheckpointKeys(keys), this.stream)
  }

  /** Publish what the stream has, into this world unless something else is asked for. */
  publish(options: Partial<PublishHistoryOptions> = {}): Promise<void> {
    const { objects, state } = this.world.session()
    return publishHistory({
      ...{ source: this.stream, destination: objects, state, keys, zstd: storedZstd(), sha256: nodeSha256 },
      ...{ segmentBytes: 500, lag: { entries: 0 }, follow: false, sleep: noSleep },
      onEvent: (event) => this.events.push(event),
      ...options,
    })
  }

  /** Check the history; gives its leaves. */
  check(): Promise<LeafChain> {
    return this.watch.check(this.world.objects)
  }

  /** Where the history ends, as it was reported last. */
  get published(): Reach {
    const last = this.events.findLast((event) => 'reach' in event)
    return last !== undefined && 'reach' in last ? last.reach : { nextEntry: 0n, block: undefined }
  }

  /** How often something happened. */
  count(kind: PublishEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length
  }
}

/** Wait until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > 20_000) throw new Error('it never was so')
    await turn()
  }
}
