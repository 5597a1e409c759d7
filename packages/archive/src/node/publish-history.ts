import { publishHistory as publish } from '../publish/publish-history.ts'
import type { PublishHistoryOptions } from '../publish/publish-options.ts'
import { nodeSha256 } from './node-sha256.ts'
import { nodeZstdEncoder } from './node-zstd.ts'

export interface PublishNodeHistoryOptions
  extends Omit<PublishHistoryOptions, 'zstd'>,
    Partial<Pick<PublishHistoryOptions, 'zstd'>> {}

/**
 * Publish a stream as a history, with Node's own SHA-256 and zstd: see `publishHistory` of `@datastreamer/archive`.
 *
 * @throws {PublishError}
 * @throws {TypeError} where this version of Node has no zstd
 * @see docs/spec/history.md §6
 */
export function publishHistory(options: PublishNodeHistoryOptions): Promise<void> {
  return publish({ sha256: nodeSha256, zstd: nodeZstdEncoder, ...options })
}
