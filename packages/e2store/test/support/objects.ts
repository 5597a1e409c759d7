import { expect } from 'vitest'
import type { PutOptions } from '../../src/objects.ts'

/** How objects of both kinds are stored. */
export const IMMUTABLE: PutOptions = {
  kind: 'immutable',
  cacheControl: 'public, max-age=31536000, immutable',
  contentType: 'application/octet-stream',
}
export const MUTABLE: PutOptions = { kind: 'mutable', cacheControl: 'no-cache', contentType: 'text/plain' }

/** A `LocationError` of this code. */
export const code = (expected: string): unknown => expect.objectContaining({ name: 'LocationError', code: expected })
