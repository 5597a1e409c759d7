import { StreamClient } from '@datastreamer/client'
import { type Header, StreamError } from '@datastreamer/format'
import { sleep, systemClock } from '@datastreamer/runtime'
import { type RoundOptions, Rounds } from './rounds.ts'
import { clientOptions, type Upstream, type UpstreamLimits } from './upstream.ts'

export interface FirstUpstreamOptions {
  readonly upstreams: readonly Upstream[]
  readonly streamType: bigint
  readonly limits?: UpstreamLimits | undefined
  readonly rounds?: RoundOptions | undefined
  readonly onFailure?: ((upstream: Upstream, error: StreamError) => void) | undefined
  readonly signal: AbortSignal
}

/**
 * Ask the upstreams in order, again and again, until `use` takes one.
 *
 * @param use is given a client and its header; what it throws counts as a failure of that upstream
 * @throws the signal's reason; what `use` throws that is no `StreamError`
 */
export async function withFirstUpstream<T extends object>(
  options: FirstUpstreamOptions,
  use: (client: StreamClient, header: Header) => Promise<T>,
): Promise<T> {
  const waits = new Rounds(options.rounds)
  const clock = options.limits?.clock ?? systemClock
  for (;;) {
    const found = await withAnyUpstream(options, use)
    if (found !== undefined) return found
    await sleep(clock, waits.failed(), { signal: options.signal })
  }
}

/** As {@link withFirstUpstream}, each upstream once; `undefined` if none was taken. */
export async function withAnyUpstream<T extends object>(
  { upstreams, streamType, limits = {}, onFailure, signal }: FirstUpstreamOptions,
  use: (client: StreamClient, header: Header) => Promise<T>,
): Promise<T | undefined> {
  for (const upstream of upstreams) {
    await using client = new StreamClient(clientOptions(upstream, limits, { streamType }))
    try {
      return await use(client, await client.getHeader({ signal }))
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof StreamError)) throw error
      onFailure?.(upstream, error)
    }
  }
  return undefined
}
