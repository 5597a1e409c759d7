import { expect, test } from 'vitest'
import { toBytes } from '../io/byte-sink.ts'
import { fromBytes } from '../io/byte-source.ts'
import { fromHex } from '../io/bytes.ts'
import { openEra } from './era-file.ts'
import { EraWriter } from './era-writer.ts'

const join = (...parts: readonly string[]): Uint8Array => fromHex(parts.join('').replaceAll(' ', ''))
const zeros = (bytes: number): string => '00'.repeat(bytes)

test('golden: the era of a genesis state of 176 zeros', async () => {
  const bytes = join(
    '6532 00000000 0000',
    '0200 1f000000 0000 ff060000734e61507059 00110000 bcc3a04b b001 0000 fe0100 fe0100 ba0100',
    '6932 18000000 0000 0000000000000000 d9ffffffffffffff 0100000000000000',
  )
  const sink = toBytes()
  await (await EraWriter.begin(sink, { era: 0n, slotsPerEra: 64 })).finish(new Uint8Array(176))
  expect(sink.bytes()).toEqual(bytes)
  expect(await (await openEra(fromBytes(bytes))).state(0n)).toEqual(new Uint8Array(176))
})

test('golden: era 1 with a block in slot 0 and none in the others, stored without compression', async () => {
  const block = `64000000 ${zeros(96)} ${zeros(80)} 54000000`
  const state = `${zeros(40)} 4000000000000000 ${zeros(4272 - 48)}`
  const bytes = join(
    '6532 00000000 0000',
    `0100 ca000000 0000 ff060000734e61507059 01bc0000 b5f814ee ${block}`,
    `0200 c2100000 0000 ff060000734e61507059 01b41000 aec01f2c ${state}`,
    `6932 10020000 0000 0000000000000000 64eeffffffffffff ${zeros(63 * 8)} 4000000000000000`,
    '6932 18000000 0000 4000000000000000 1eedffffffffffff 0100000000000000',
  )
  const file = await openEra(fromBytes(bytes))
  expect(file.groups).toEqual([
    {
      era: 1n,
      start: 0,
      end: 5084,
      stateSlot: 64n,
      statePosition: 218,
      contentEnd: 4516,
      stateIndexPosition: 5052,
      slotsPerEra: 64,
    },
  ])
  expect(await file.block(0n)).toEqual({ slot: 0n, position: 8, ssz: join(block) })
  expect(await file.block(1n)).toBeUndefined()
  expect(await file.state(64n)).toEqual(join(state))
})
