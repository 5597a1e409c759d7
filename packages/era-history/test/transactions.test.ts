import { encodeRlp } from '@datastreamer/e2store/execution'
import { Transaction as EthersTransaction, getBytes, hexlify, Wallet } from 'ethers'
import fc from 'fast-check'
import { type Hex, parseTransaction, recoverTransactionAddress } from 'viem'
import { expect, test } from 'vitest'
import { decodeTransaction, RecoveryThreads, recoverSenders, type Transaction } from '../src/index.ts'
import { fastestRecovery, portableRecovery, REQUEST_BYTES, recoverKeys } from '../src/senders/public-key.ts'
import { signedHash } from '../src/senders/signing.ts'
import { envelopeOf, signedTransactions } from './support/made-up-transactions.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const hex = (bytes: Uint8Array): string => hexlify(bytes)
const orNull = (value: bigint | undefined): bigint | null => value ?? null

/** What ethers says of a transaction, in the terms of ours. */
function fieldsOf(transaction: Transaction): unknown {
  const { signature, to } = transaction
  return {
    hash: hex(transaction.hash),
    type: transaction.type,
    chainId: transaction.chainId ?? 0n,
    nonce: Number(transaction.nonce),
    gasLimit: transaction.gasLimit,
    to: to === undefined ? null : hex(to),
    value: transaction.value,
    data: hex(transaction.input),
    gasPrice: orNull(transaction.gasPrice),
    maxFeePerGas: orNull(transaction.maxFeePerGas),
    maxPriorityFeePerGas: orNull(transaction.maxPriorityFeePerGas),
    maxFeePerBlobGas: orNull(transaction.maxFeePerBlobGas),
    accessList: transaction.accessList?.map(({ address, storageKeys }) => ({
      address: hex(address),
      storageKeys: storageKeys.map(hex),
    })),
    blobs: transaction.blobVersionedHashes?.map(hex) ?? null,
    authorizations: transaction.authorizationList?.map(({ address, yParity, ...rest }) => ({
      ...rest,
      address: hex(address),
      yParity: Number(yParity),
    })),
    signature: signature && { v: signature.v, r: signature.r, s: signature.s, yParity: signature.yParity },
  }
}

function fieldsByEthers(transaction: EthersTransaction): unknown {
  const { signature, type } = transaction
  const isList = type !== null && type > 0
  return {
    hash: transaction.hash,
    type,
    chainId: transaction.chainId,
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    to: transaction.to?.toLowerCase() ?? null,
    value: transaction.value,
    data: transaction.data,
    gasPrice: type === 0 || type === 1 ? transaction.gasPrice : null,
    maxFeePerGas: transaction.maxFeePerGas,
    maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
    maxFeePerBlobGas: type === 3 ? transaction.maxFeePerBlobGas : null,
    accessList: isList
      ? transaction.accessList?.map(({ address, storageKeys }) => ({ address: address.toLowerCase(), storageKeys }))
      : undefined,
    blobs: type === 3 ? transaction.blobVersionedHashes : null,
    authorizations: transaction.authorizationList?.map(({ address, nonce, chainId, signature: { r, s, yParity } }) => ({
      ...{ nonce, chainId, yParity, r: BigInt(r), s: BigInt(s) },
      address: address.toLowerCase(),
    })),
    signature: signature && {
      v: isList ? BigInt(signature.yParity) : (signature.networkV ?? BigInt(signature.v)),
      r: BigInt(signature.r),
      s: BigInt(signature.s),
      yParity: signature.yParity,
    },
  }
}

test('transactions of all types are decoded as by ethers, and have its senders', async () => {
  await fc.assert(
    fc.asyncProperty(signedTransactions, async (made) => {
      const envelope = envelopeOf(made)
      const transaction = decodeTransaction(envelope)
      expect(fieldsOf(transaction)).toEqual(fieldsByEthers(EthersTransaction.from(made.serialized)))
      const [sender] = await recoverSenders([envelope], [transaction])
      expect(sender && hex(sender)).toBe(made.from?.toLowerCase())
    }),
    { numRuns: 300 },
  )
})

test('viem reads the same senders and amounts', async () => {
  await fc.assert(
    fc.asyncProperty(signedTransactions, async (made) => {
      const envelope = envelopeOf(made)
      const serialized = made.serialized as Parameters<typeof recoverTransactionAddress>[0]['serializedTransaction']
      const transaction = decodeTransaction(envelope)
      const parsed = parseTransaction(serialized as Hex)
      expect(transaction.value).toBe(parsed.value ?? 0n)
      expect(transaction.gasLimit).toBe(parsed.gas ?? 0n)
      expect(hex(transaction.input)).toBe(parsed.data ?? '0x')
      const [sender] = await recoverSenders([envelope], [transaction])
      const expected = await recoverTransactionAddress({ serializedTransaction: serialized })
      expect(sender && hex(sender)).toBe(expected.toLowerCase())
    }),
    { numRuns: 60 },
  )
})

const item = (value: bigint): Uint8Array =>
  getBytes(value === 0n ? '0x' : `0x${value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), '0')}`)

/** An envelope without type with this signature over it. */
function untyped(fields: readonly Uint8Array[], signature: readonly bigint[]): Uint8Array {
  return encodeRlp([...fields, ...signature.map(item)])
}

const FIELDS = [
  item(3n),
  item(2n ** 256n - 1n),
  item(2n ** 64n - 1n),
  new Uint8Array(0),
  item(2n ** 255n),
  new Uint8Array(0),
]

test('a signature with s above half of the order, as before Homestead, has the sender of its other form', async () => {
  const wallet = new Wallet(`0x${'11'.repeat(32)}`)
  const unsigned = EthersTransaction.from({ type: 0, nonce: 7, gasPrice: 5n, gasLimit: 21_000n, value: 1n })
  const { r, s, yParity } = wallet.signingKey.sign(unsigned.unsignedHash)
  const fields = [item(7n), item(5n), item(21_000n), new Uint8Array(0), item(1n), new Uint8Array(0)]
  const high = untyped(fields, [yParity === 0 ? 28n : 27n, BigInt(r), ORDER - BigInt(s)])
  const transaction = decodeTransaction(high)
  expect(transaction.signature?.s).toBeGreaterThan(ORDER / 2n)
  const [sender] = await recoverSenders([high], [transaction])
  expect(sender && hex(sender)).toBe(wallet.address.toLowerCase())
})

test('values of 256 bits and small r and s are accepted', async () => {
  const envelope = untyped(FIELDS, [27n, 1n, 1n])
  const transaction = decodeTransaction(envelope)
  expect(transaction.gasPrice).toBe(2n ** 256n - 1n)
  expect(transaction.chainId).toBeUndefined()
  const [sender] = await recoverSenders([envelope], [transaction])
  expect(sender).toHaveLength(20)
})

test('an unprotected transaction is not bound to a chain, one with v from 35 on is', () => {
  expect(decodeTransaction(untyped(FIELDS, [28n, 1n, 1n]))).toMatchObject({ signature: { yParity: 1 } })
  expect(decodeTransaction(untyped(FIELDS, [37n, 1n, 1n]))).toMatchObject({ chainId: 1n, signature: { yParity: 0 } })
  expect(decodeTransaction(untyped(FIELDS, [38n, 1n, 1n]))).toMatchObject({ chainId: 1n, signature: { yParity: 1 } })
})

test('an empty signature, as of system transactions of OP chains, is that of the address zero', async () => {
  const envelope = untyped(FIELDS, [0n, 0n, 0n])
  expect(await recoverSenders([envelope], [decodeTransaction(envelope)])).toEqual([new Uint8Array(20)])
})

test.each([
  ['v of neither kind', [29n, 1n, 1n]],
  ['r of the order', [27n, ORDER, 1n]],
  ['s of zero', [27n, 1n, 0n]],
  ['r that is no point', [27n, 5n, 1n]],
])('%s: decoded, but no sender', async (_, signature) => {
  const envelope = untyped(FIELDS, signature)
  const transaction = decodeTransaction(envelope)
  await expect(recoverSenders([envelope], [transaction])).rejects.toMatchObject({ code: 'BAD_SIGNATURE' })
})

test('a deposit of an OP chain says who sent it', async () => {
  const from = new Uint8Array(20).fill(0xaa)
  const sourceHash = new Uint8Array(32).fill(7)
  const to = new Uint8Array(20).fill(0xbb)
  const list = encodeRlp([sourceHash, from, to, 5n, 6n, 1_000_000n, new Uint8Array(0), Uint8Array.of(1, 2)])
  const envelope = Uint8Array.of(0x7e, ...list)
  const transaction = decodeTransaction(envelope)
  expect(transaction).toMatchObject({
    ...{ type: 0x7e, value: 6n, gasLimit: 1_000_000n, to, input: Uint8Array.of(1, 2) },
    deposit: { sourceHash, from, mint: 5n, isSystemTransaction: false },
  })
  expect(transaction).not.toHaveProperty('signature')
  expect(await recoverSenders([envelope], [transaction])).toEqual([from])
})

test('a type that nobody specified is named', () => {
  expect(() => decodeTransaction(Uint8Array.of(0x55, 0xc0))).toThrow(/unknown type 85/)
})

test('what follows the last field, or is missing, is an error', () => {
  expect(() => decodeTransaction(untyped(FIELDS, [27n, 1n, 1n, 1n]))).toThrow(/bytes too many/)
  expect(() => decodeTransaction(untyped(FIELDS, [27n, 1n]))).toThrow(/s is missing/)
})

function manyTransactions(count: number): { envelopes: Uint8Array[]; transactions: Transaction[]; from: string[] } {
  const made = fc.sample(signedTransactions, { numRuns: count, seed: 5 })
  const envelopes = made.map(envelopeOf)
  return {
    envelopes,
    transactions: envelopes.map((each) => decodeTransaction(each)),
    from: made.map(({ from }) => `${from}`.toLowerCase()),
  }
}

test('threads recover the senders of many transactions, in their order', async () => {
  const { envelopes, transactions, from } = manyTransactions(75)
  using threads = new RecoveryThreads(2)
  const senders = await recoverSenders(envelopes, transactions, threads)
  expect(senders.map(hex)).toEqual(from)
})

test('where threads cannot be used, senders are recovered without them', async () => {
  const { envelopes, transactions, from } = manyTransactions(40)
  const threads = new RecoveryThreads(2)
  const waiting = recoverSenders(envelopes, transactions, threads)
  threads[Symbol.dispose]()
  expect((await waiting).map(hex)).toEqual(from)
})

test('portable and fast recovery agree, also on what has no key', async () => {
  const [fast, portable] = await Promise.all([fastestRecovery(), portableRecovery()])
  const word = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(word, word, word, fc.nat(1), (hash, r, s, parity) => {
      const request = new Uint8Array(REQUEST_BYTES)
      request.set(hash)
      request.set(r, 32)
      request.set(s, 64)
      request[96] = parity
      expect(recoverKeys(fast, request)).toEqual(recoverKeys(portable, request))
    }),
    { numRuns: 150 },
  )
})

test('the hash that was signed is that of ethers', () => {
  fc.assert(
    fc.property(signedTransactions, (made) => {
      const envelope = envelopeOf(made)
      expect(hex(signedHash(envelope, decodeTransaction(envelope)).hash)).toBe(made.unsignedHash)
    }),
    { numRuns: 60 },
  )
})
