import { expect } from 'vitest'

const IS_ADDED = Symbol.for('datastreamer: bytes are compared at once')

/** Bytes of the same kind, compared at once: `toEqual` looks at one byte after the other, which takes most of the time of some tests. */
function areSameBytes(a: unknown, b: unknown): boolean | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.constructor !== b.constructor) return undefined
  return Buffer.compare(a, b) === 0
}

// Processes that run several files of tests are set up for each of them.
if (!(IS_ADDED in globalThis)) {
  Object.defineProperty(globalThis, IS_ADDED, { value: true })
  expect.addEqualityTesters([areSameBytes])
}
