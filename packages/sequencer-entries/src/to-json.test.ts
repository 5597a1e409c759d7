import { expect, test } from 'vitest'
import { batchBookmark, block, blockBookmark, bytes, end, start } from '../test/inits.ts'
import { entriesFrom } from '../test/stream-entries.ts'
import { BlockAssembler } from './block-assembler.ts'
import { blockToJson, toJson } from './to-json.ts'

test('bigints become decimal strings, bytes hex, what has no value is left out', () => {
  const value = {
    a: 2n ** 64n - 1n,
    b: Uint8Array.of(0, 15, 255),
    c: new Uint8Array(0),
    d: undefined,
    e: [1, true, null, 'text', { f: 0n }],
  }
  expect(toJson(value)).toEqual({
    a: '18446744073709551615',
    b: '0x000fff',
    c: '0x',
    e: [1, true, null, 'text', { f: '0' }],
  })
  expect(toJson(undefined)).toBeNull()
  expect(() => toJson({ f: () => 1 })).toThrow(new TypeError('a function has no JSON'))
})

test('a block has the keys of its protobuf message, its place, its fork id and its transactions', () => {
  const assembler = new BlockAssembler({ generation: 'protobuf' })
  const inits = [
    batchBookmark(5n),
    start(5n),
    blockBookmark(8n),
    {
      kind: 'l2Block',
      number: 8n,
      batchNumber: 5n,
      timestamp: 1_722_454_116n,
      deltaTimestamp: 2,
      minTimestamp: 3n,
      l1Blockhash: bytes(2, 1),
      l1InfotreeIndex: 4,
      hash: bytes(2, 2),
      stateRoot: bytes(2, 3),
      globalExitRoot: bytes(2, 4),
      coinbase: bytes(2, 5),
      blockGasLimit: 6n,
      blockInfoRoot: bytes(2, 6),
      baseFee: bytes(2, 7),
    },
    {
      kind: 'transaction',
      l2blockNumber: 8n,
      index: 1n,
      isValid: true,
      encoded: bytes(3, 0xab),
      effectiveGasPricePercentage: 255,
      imStateRoot: bytes(2, 8),
    },
    end(8n),
  ] as const
  const [full] = entriesFrom('protobuf', 70n, inits).flatMap((entry) => assembler.push(entry) ?? [])
  expect(full && JSON.stringify(blockToJson(full))).toBe(
    '{"entryNumber":"73","number":"8","batchNumber":"5","forkId":"9","timestamp":"1722454116","deltaTimestamp":2,' +
      '"minTimestamp":"3","l1Blockhash":"0x0101","l1InfotreeIndex":4,"hash":"0x0202","stateRoot":"0x0303",' +
      '"globalExitRoot":"0x0404","coinbase":"0x0505","blockGasLimit":"6","blockInfoRoot":"0x0606","baseFee":"0x0707",' +
      '"transactions":[{"index":"1","isValid":true,"encoded":"0xababab","effectiveGasPricePercentage":255,' +
      '"imStateRoot":"0x0808"}]}',
  )
})

test('an unknown fork id is null', () => {
  const assembler = new BlockAssembler({ generation: 'protobuf' })
  const [full] = entriesFrom('protobuf', 70n, [block(8n, 5n), end(8n)]).flatMap((entry) => assembler.push(entry) ?? [])
  expect(full && blockToJson(full).forkId).toBeNull()
})
