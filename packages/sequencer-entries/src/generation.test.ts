import { expect, test } from 'vitest'
import { GENERATIONS, isGeneration, suggestGeneration } from './generation.ts'

test.each([
  [1, 0, 'sequencer-2023-09'],
  [2, 0, 'pre-etrog'],
  [3, 0, 'etrog'],
  [3, 1, 'etrog'],
  [3, 2, 'protobuf'],
  [3, 3, 'protobuf'],
  [3, 255, 'protobuf'],
] as const)('a header of generation %i, version %i suggests %s', (generation, version, expected) => {
  expect(suggestGeneration({ generation, version })).toBe(expected)
})

test('the caller knows better', () => {
  for (const known of GENERATIONS) expect(suggestGeneration({ generation: 2, version: 0 }, known)).toBe(known)
})

test('names', () => {
  expect(GENERATIONS.every(isGeneration)).toBe(true)
  expect(isGeneration('Etrog')).toBe(false)
})
