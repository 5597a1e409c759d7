import { authorizationify, getBytes, hexlify, Transaction, type TransactionLike, Wallet } from 'ethers'
import fc from 'fast-check'

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => hexlify(value))
const uint = (bits: number): fc.Arbitrary<bigint> =>
  fc.integer({ min: 0, max: bits }).chain((size) => fc.bigInt(0n, 2n ** BigInt(size) - 1n))
const wallets = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((key) => key[0] !== 255 && key.some((byte) => byte !== 0))
  .map((key) => new Wallet(hexlify(key)))
const addresses = hex(20)
const accessLists = fc.array(fc.record({ address: addresses, storageKeys: fc.array(hex(32), { maxLength: 3 }) }), {
  maxLength: 3,
})

const call = {
  nonce: uint(32).map(Number),
  gasLimit: uint(64),
  value: uint(256),
  data: fc.uint8Array({ maxLength: 300 }).map((data) => hexlify(data)),
}
const to = fc.option(addresses)
const chainId = uint(52).map((id) => id + 1n)
const fees = fc.tuple(uint(64), uint(64)).map(([tip, more]) => ({
  maxFeePerGas: tip + more,
  maxPriorityFeePerGas: tip,
}))
const lists = { accessList: accessLists, chainId }

const authorizations = fc.array(
  fc
    .record({ wallet: wallets, address: addresses, nonce: uint(52), chainId: uint(52) })
    .map(({ wallet, ...authorization }) => authorizationify(wallet.authorizeSync(authorization))),
  { minLength: 1, maxLength: 3 },
)

const untyped = fc.record({
  ...call,
  to,
  gasPrice: uint(64),
  type: fc.constant(0),
  chainId: fc.oneof(fc.constant(0n), chainId),
})
const type1 = fc.record({ ...call, ...lists, to, gasPrice: uint(64), type: fc.constant(1) })
const type2 = fc.tuple(fc.record({ ...call, ...lists, to, type: fc.constant(2) }), fees)
const type3 = fc.tuple(
  fc.record({
    ...call,
    ...lists,
    to: addresses,
    type: fc.constant(3),
    maxFeePerBlobGas: uint(128),
    blobVersionedHashes: fc.array(
      hex(31).map((hash) => `0x01${hash.slice(2)}`),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  fees,
)
const type4 = fc.tuple(
  fc.record({ ...call, ...lists, to: addresses, type: fc.constant(4), authorizationList: authorizations }),
  fees,
)

const unsigned: fc.Arbitrary<TransactionLike<string>> = fc.oneof(
  untyped,
  type1,
  ...[type2, type3, type4].map((each) => each.map(([fields, price]) => ({ ...fields, ...price }))),
)

/** Signed transactions of types 0 to 4, by ethers. */
export const signedTransactions: fc.Arbitrary<Transaction> = fc.tuple(unsigned, wallets).map(([fields, wallet]) => {
  const transaction = Transaction.from(fields)
  transaction.signature = wallet.signingKey.sign(transaction.unsignedHash)
  return transaction
})

/** The envelope as in a block. */
export function envelopeOf(transaction: Transaction): Uint8Array {
  return getBytes(transaction.serialized)
}
