import { expect } from 'vitest'

/** Compare long byte strings: `toEqual` takes as long as the work whose result it compares. */
export function expectBytes(found: Uint8Array | undefined, expected: Uint8Array): void {
  expect(found?.length).toBe(expected.length)
  expect(Buffer.compare(found ?? new Uint8Array(0), expected)).toBe(0)
}
