import { viewOf } from '@datastreamer/format'
import { decodeBundle } from '../tlog/bundle.ts'
import { TILE_WIDTH } from '../tlog/tile-path.ts'
import { PublishError } from './publish-error.ts'
import { type PublisherState, StateFile } from './publisher-state.ts'

/** All leaves that a state holds. @throws {PublishError} `BAD_STATE` */
export async function readStateLeaves(state: PublisherState): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (let i = 0; leaves.length === i * TILE_WIDTH; i++) {
    const name = StateFile.bundle(i)
    const bytes = await state.read(name)
    if (bytes === undefined) break
    leaves.push(...asBadState(() => decodeBundle(bytes, leavesIn(bytes), name)))
  }
  return leaves
}

/** How many leaves a bundle has, by their lengths. */
function leavesIn(bytes: Uint8Array): number {
  const view = viewOf(bytes)
  let count = 0
  for (let at = 0; at + 2 <= bytes.length; at += 2 + view.getUint16(at)) count++
  return count
}

/** Read what a publisher wrote: that it cannot be read is the state's fault. @throws {PublishError} `BAD_STATE` */
export function asBadState<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('BAD_STATE', `what was kept cannot be read: ${message}`, { cause })
  }
}
