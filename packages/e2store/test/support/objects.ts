import { expect } from 'vitest'
import type { PutObjectOptions } from '../../src/objects.ts'

/** How objects of both kinds are stored. */
export const IMMUTABLE: PutObjectOptions = {
  kind: 'immutable',
  cacheControl: 'public, max-age=31536000, immutable',
  contentType: 'application/octet-stream',
}
export const MUTABLE: PutObjectOptions = { kind: 'mutable', cacheControl: 'no-cache', contentType: 'text/plain' }

/** A `LocationError` of this code. */
export const code = (expected: string): unknown => expect.objectContaining({ name: 'LocationError', code: expected })
