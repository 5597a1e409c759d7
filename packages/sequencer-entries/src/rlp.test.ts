import { expect, test } from 'vitest'
import { toHex } from './hex.ts'
import { rlpList } from './rlp.ts'

const text = (value: string) => new TextEncoder().encode(value)

test.each<[string, (Uint8Array | bigint)[], string]>([
  ['nothing', [], 'c0'],
  ['words', [text('cat'), text('dog')], 'c88363617483646f67'],
  ['no bytes and zero', [new Uint8Array(0), 0n], 'c28080'],
  ['a byte below 0x80', [Uint8Array.of(0x7f), 15n], 'c27f0f'],
  ['a byte from 0x80 on', [Uint8Array.of(0x80), 1024n], 'c58180820400'],
  ['55 bytes', [new Uint8Array(55)], `f838b7${'00'.repeat(55)}`],
  ['56 bytes', [new Uint8Array(56)], `f83ab838${'00'.repeat(56)}`],
  ['1024 bytes', [new Uint8Array(1024)], `f90403b90400${'00'.repeat(1024)}`],
])('a list of %s', (_name, items, expected) => {
  expect(toHex(rlpList(items))).toBe(expected)
})
