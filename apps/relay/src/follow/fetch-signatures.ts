import type { StreamClient } from '@datastreamer/client'
import { StreamError } from '@datastreamer/format'
import { type Clock, sleep } from '@datastreamer/runtime'
import type { PassedSignatures } from '@datastreamer/service/stream'

export interface SignatureFetch {
  /** Asked on its connection for questions. */
  readonly client: StreamClient
  readonly signatures: PassedSignatures
  readonly clock: Clock
}

/** Time between two looks whether signatures are missing. */
const LOOK_MS = 1000

/**
 * Fetch, in the background, the signatures of what the file had before, or got from elsewhere than this upstream: as soon as its
 * digests are known. What the upstream does not have, or not any more, stays missing.
 */
export function fetchSignatures(fetch: SignatureFetch, signal: AbortSignal): void {
  void fetchMissing(fetch, signal).catch((error: unknown) => {
    // A connection that is lost is followed by another, on which this begins anew.
    if (!signal.aborted && !(error instanceof StreamError)) throw error
  })
}

async function fetchMissing({ client, signatures, clock }: SignatureFetch, signal: AbortSignal): Promise<void> {
  while (!signatures.isGranted) await sleep(clock, LOOK_MS, { signal, ref: false })
  for await (const number of signatures.lacking()) {
    for (const signed of await client.getSignatures(number - 1, { signal })) signatures.add(signed)
  }
}
