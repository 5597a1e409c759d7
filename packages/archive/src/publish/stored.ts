import type { PutObjectOptions } from '@datastreamer/e2store/objects'

const BYTES = 'application/octet-stream'

/** How objects of a history are stored, and what caches may do with them. docs/spec/history.md §1. */
export const Stored: Readonly<Record<'checkpoint' | 'forever' | 'partial', Omit<PutObjectOptions, 'signal'>>> = {
  checkpoint: { kind: 'mutable', cacheControl: 'no-cache', contentType: 'text/plain; charset=utf-8' },
  forever: { kind: 'immutable', cacheControl: 'public, max-age=31536000, immutable', contentType: BYTES },
  // Where two publishers were at work by mistake, one of them is written again.
  partial: { kind: 'mutable', cacheControl: 'public, max-age=3600', contentType: BYTES },
}
