import { decodeBody, decodeHeader, decodeSlimReceipts } from '@datastreamer/e2store/execution'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { getCreateAddress, hexlify } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blobGasPrice, createdAddress, decodeTransaction, deriveReceipts, recoverSenders } from '../src/index.ts'

const text = (...path: string[]): string => new TextDecoder().decode(readVector(...path))
const bytes = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value.slice(2), 'hex'))
const quantity = (value: bigint | undefined): string | undefined =>
  value === undefined ? undefined : `0x${value.toString(16)}`

interface RawBlock {
  readonly number: number
  readonly header: string
  readonly body: string
  readonly receipts: string
}
interface GoldenReceipt {
  readonly [field: string]: unknown
}

test.skipIf(!hasVectors('rpc'))('receipts of real blocks have what others derive from them', async () => {
  const raw = JSON.parse(text('rpc', 'mainnet-real-blocks.input.json.gz')) as RawBlock[]
  const golden = new Map<number, GoldenReceipt[]>()
  for (const line of text('rpc', 'mainnet-real-blocks.jsonl.gz').trim().split('\n')) {
    const { method, params, result } = JSON.parse(line) as { method: string; params: string[]; result: GoldenReceipt[] }
    if (method === 'eth_getBlockReceipts') golden.set(Number(params[0]), result)
  }
  let compared = 0
  for (const { number, header: headerRlp, body, receipts } of raw) {
    const header = decodeHeader(bytes(headerRlp))
    const { transactions: envelopes } = decodeBody(bytes(body))
    const transactions = envelopes.map((envelope) => decodeTransaction(envelope))
    const senders = await recoverSenders(envelopes, transactions)
    const slim = decodeSlimReceipts(bytes(receipts))
    const derived = deriveReceipts(slim, { header, network: 'mainnet', transactions, senders })
    expect(derived.at(-1)?.cumulativeGasUsed).toBe(header.gasUsed)
    for (const [i, expected] of (golden.get(number) ?? []).entries()) {
      const receipt = derived[i]
      const found = {
        from: hexlify(senders[i] ?? ''),
        gasUsed: quantity(receipt?.gasUsed),
        effectiveGasPrice: quantity(receipt?.effectiveGasPrice),
        contractAddress: receipt?.contractAddress ? hexlify(receipt.contractAddress) : null,
        logsBloom: hexlify(receipt?.logsBloom ?? ''),
        blobGasUsed: quantity(receipt?.blobGasUsed),
        blobGasPrice: quantity(receipt?.blobGasPrice),
      }
      const wanted = Object.fromEntries(Object.keys(found).map((key) => [key, expected[key]]))
      expect(found).toEqual(wanted)
      compared++
    }
  }
  expect(compared).toBeGreaterThan(100)
})

test('gas of a transaction is a difference, logs are counted through the block', () => {
  const header = { ...decodeHeaderOf(), baseFeePerGas: 100n }
  const log = { address: new Uint8Array(20), topics: [], data: new Uint8Array(0) }
  const transaction = { hash: new Uint8Array(32), nonce: 4n, gasLimit: 1n, value: 0n, input: new Uint8Array(0) }
  const transactions = [
    { ...transaction, type: 0, gasPrice: 7n },
    { ...transaction, type: 2, maxFeePerGas: 103n, maxPriorityFeePerGas: 5n, to: new Uint8Array(20) },
    { ...transaction, type: 2, maxFeePerGas: 200n, maxPriorityFeePerGas: 5n, to: new Uint8Array(20) },
  ]
  const sender = new Uint8Array(20).fill(1)
  const receipts = [
    { type: 0, outcome: false, cumulativeGasUsed: 10n, logs: [log, log] },
    { type: 2, outcome: true, cumulativeGasUsed: 25n, logs: [log] },
    { type: 2, outcome: true, cumulativeGasUsed: 26n, logs: [] },
  ]
  const senders = [sender, sender, sender]
  const derived = deriveReceipts(receipts, { header, network: undefined, transactions, senders })
  expect(derived.map(({ gasUsed }) => gasUsed)).toEqual([10n, 15n, 1n])
  expect(derived.map(({ firstLogIndex }) => firstLogIndex)).toEqual([0, 2, 3])
  expect(derived.map((receipt) => receipt.effectiveGasPrice)).toEqual([7n, 103n, 105n])
  expect(derived.map(({ contractAddress }) => contractAddress !== undefined)).toEqual([true, false, false])
})

test('a deposit creates with the nonce that its receipt has, and pays nothing for gas', () => {
  const from = new Uint8Array(20).fill(3)
  const deposit = { sourceHash: new Uint8Array(32), from, mint: 0n, isSystemTransaction: false }
  const call = { nonce: 0n, gasLimit: 1n, value: 0n, input: new Uint8Array(0) }
  const [derived] = deriveReceipts(
    [{ type: 0x7e, outcome: true, cumulativeGasUsed: 5n, logs: [], depositNonce: 77n, depositReceiptVersion: 1n }],
    {
      ...{ header: decodeHeaderOf(), network: 'op', senders: [from] },
      transactions: [{ hash: new Uint8Array(32), type: 0x7e, ...call, deposit }],
    },
  )
  expect(derived).toMatchObject({ depositNonce: 77n, depositReceiptVersion: 1n, effectiveGasPrice: 0n })
  expect(hexlify(derived?.contractAddress ?? '')).toBe(
    getCreateAddress({ from: hexlify(from), nonce: 77n }).toLowerCase(),
  )
})

test('created addresses are those of ethers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.bigInt(0n, 2n ** 64n - 1n), (sender, nonce) => {
      const expected = getCreateAddress({ from: hexlify(sender), nonce })
      expect(hexlify(createdAddress(sender, nonce))).toBe(expected.toLowerCase())
    }),
  )
})

/** The price of blob gas as EIP-4844 defines it, by floating point. */
const approximately = (excess: bigint, fraction: number): number => Math.exp(Number(excess) / fraction)

test.each([
  ['mainnet', 1_710_338_135n, 3_338_477],
  ['mainnet', 1_746_612_310n, 3_338_477],
  ['mainnet', 1_746_612_311n, 5_007_716],
  ['mainnet', 1_765_290_070n, 5_007_716],
  ['mainnet', 1_765_290_071n, 8_346_193],
  ['mainnet', 1_767_747_671n, 11_684_671],
  ['sepolia', 1_741_159_776n, 5_007_716],
  ['holesky', 1_759_800_000n, 8_346_193],
  ['hoodi', 1n, 3_338_477],
])('blob gas on %s at %i', (network, timestamp, fraction) => {
  const excessBlobGas = 100_000_000n
  const price = Number(blobGasPrice({ timestamp, excessBlobGas }, network))
  const expected = approximately(excessBlobGas, fraction)
  expect(Math.abs(price - expected)).toBeLessThanOrEqual(1 + expected * 1e-6)
})

test('the price of blob gas is left out where it is not known', () => {
  expect(blobGasPrice({ timestamp: 1_710_338_135n }, 'mainnet')).toBeUndefined()
  expect(blobGasPrice({ timestamp: 1_710_338_134n, excessBlobGas: 0n }, 'mainnet')).toBeUndefined()
  expect(blobGasPrice({ timestamp: 1_710_338_135n, excessBlobGas: 0n }, 'elsewhere')).toBeUndefined()
  expect(blobGasPrice({ timestamp: 1_710_338_135n, excessBlobGas: 0n }, 'toString')).toBeUndefined()
  expect(blobGasPrice({ timestamp: 1_710_338_135n, excessBlobGas: 2n ** 64n - 1n }, 'mainnet')).toBeUndefined()
  expect(blobGasPrice({ timestamp: 1_710_338_135n, excessBlobGas: 0n }, 'mainnet')).toBe(1n)
  expect(blobGasPrice({ timestamp: 1_710_338_135n, excessBlobGas: 0n }, 'gnosis')).toBe(1_000_000_000n)
})

function decodeHeaderOf(): ReturnType<typeof decodeHeader> {
  const none = new Uint8Array(32)
  return {
    ...{ parentHash: none, ommersHash: none, beneficiary: new Uint8Array(20), stateRoot: none, transactionsRoot: none },
    ...{ receiptsRoot: none, logsBloom: new Uint8Array(256), difficulty: 1n, number: 1n, gasLimit: 0n, gasUsed: 0n },
    ...{ timestamp: 1n, extraData: none, mixHash: none, nonce: new Uint8Array(8) },
  }
}
