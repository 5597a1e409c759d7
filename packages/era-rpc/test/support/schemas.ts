import { Ajv, type ValidateFunction } from 'ajv'

type Schema = Readonly<Record<string, unknown>>

// The shapes that the Ethereum JSON-RPC specification gives answers, by field.

const text = (pattern: string): Schema => ({ type: 'string', pattern })
const bytes = (count: number): Schema => text(`^0x[0-9a-f]{${2 * count}}$`)
const data = text('^0x([0-9a-f]{2})*$')
const number = text('^0x(0|[1-9a-f][0-9a-f]*)$')
const word = text('^0x(0|[1-9a-f][0-9a-f]{0,63})$')
const parity = text('^0x[01]$')
const [address, hash, bloom] = [bytes(20), bytes(32), bytes(256)]
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const orNull = (schema: Schema): Schema => ({ anyOf: [{ type: 'null' }, schema] })

/** An object that has all of some fields, perhaps some others, and nothing else. */
const object = (
  required: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
})

const header = {
  ...{ hash, parentHash: hash, sha3Uncles: hash, miner: address, stateRoot: hash, transactionsRoot: hash },
  ...{ receiptsRoot: hash, logsBloom: bloom, difficulty: number, number, gasLimit: number, gasUsed: number },
  ...{ timestamp: number, extraData: data, mixHash: hash, nonce: bytes(8) },
}
const laterHeader = {
  ...{ baseFeePerGas: number, withdrawalsRoot: hash, blobGasUsed: number, excessBlobGas: number },
  ...{ parentBeaconBlockRoot: hash, requestsHash: hash, blockAccessListHash: hash, slotNumber: number },
}

const inBlock = {
  ...{ blockHash: hash, blockNumber: number, blockTimestamp: number, from: address, hash, transactionIndex: number },
}
const call = { nonce: number, gas: number, value: number, input: data, gasPrice: number, r: word, s: word, v: number }
const access = listOf(object({ address, storageKeys: listOf(hash) }))
const typed = { ...call, accessList: access, chainId: number, yParity: parity, v: parity }
const fees = { maxFeePerGas: number, maxPriorityFeePerGas: number }
const authorization = object({ chainId: number, nonce: number, address, yParity: parity, r: word, s: word })
const ofType = (type: string, fields: Readonly<Record<string, Schema>>, optional = {}): Schema =>
  object({ ...inBlock, ...fields, type: { const: type } }, optional)

const transaction: Schema = {
  oneOf: [
    ofType('0x0', { ...call, to: orNull(address) }, { chainId: number }),
    ofType('0x1', { ...typed, to: orNull(address) }),
    ofType('0x2', { ...typed, ...fees, to: orNull(address) }),
    ofType('0x3', { ...typed, ...fees, to: address, maxFeePerBlobGas: number, blobVersionedHashes: listOf(hash) }),
    ofType('0x4', { ...typed, ...fees, to: address, authorizationList: listOf(authorization) }),
  ],
}

const log = object({
  ...{ removed: { const: false }, logIndex: number, transactionIndex: number, transactionHash: hash, blockHash: hash },
  ...{ blockNumber: number, blockTimestamp: number, address, data, topics: { ...listOf(hash), maxItems: 4 } },
})

const receipt: Schema = {
  ...object(
    {
      ...{ type: text('^0x[0-9a-f]{1,2}$'), transactionHash: hash, transactionIndex: number, blockHash: hash },
      ...{ blockNumber: number, from: address, to: orNull(address), cumulativeGasUsed: number, gasUsed: number },
      ...{ contractAddress: orNull(address), logs: listOf(log), logsBloom: bloom, effectiveGasPrice: number },
    },
    { root: hash, status: parity, blobGasUsed: number, blobGasPrice: number },
  ),
  oneOf: [{ required: ['root'] }, { required: ['status'] }],
}

const withdrawal = object({ index: number, validatorIndex: number, address, amount: number })
const whole = { ...header, size: number, uncles: listOf(hash) }
const block = object(
  { ...whole, transactions: { anyOf: [listOf(hash), listOf(transaction)] } },
  { ...laterHeader, withdrawals: listOf(withdrawal) },
)

const resource = object({ disabled: { type: 'boolean' } }, { oldestBlock: number })
const capabilities = object({
  ...{ head: object({ number, hash }), state: resource, tx: resource, logs: resource },
  ...{ receipts: resource, blocks: resource, stateproofs: resource },
})

const RESULTS: Readonly<Record<string, Schema>> = {
  eth_chainId: number,
  eth_blockNumber: number,
  eth_syncing: { const: false },
  eth_capabilities: capabilities,
  eth_getBlockByNumber: orNull(block),
  eth_getBlockByHash: orNull(block),
  eth_getHeaderByNumber: orNull(object(header, laterHeader)),
  eth_getHeaderByHash: orNull(object(header, laterHeader)),
  eth_getBlockReceipts: orNull(listOf(receipt)),
  eth_getBlockTransactionCountByNumber: orNull(number),
  eth_getBlockTransactionCountByHash: orNull(number),
  eth_getUncleCountByBlockNumber: orNull(number),
  eth_getUncleCountByBlockHash: orNull(number),
  eth_getUncleByBlockNumberAndIndex: orNull(object(whole, laterHeader)),
  eth_getUncleByBlockHashAndIndex: orNull(object(whole, laterHeader)),
  eth_getTransactionByHash: orNull(transaction),
  eth_getTransactionByBlockNumberAndIndex: orNull(transaction),
  eth_getTransactionByBlockHashAndIndex: orNull(transaction),
  eth_getTransactionReceipt: orNull(receipt),
  eth_getLogs: listOf(log),
  debug_getRawHeader: data,
  debug_getRawBlock: data,
  debug_getRawReceipts: listOf(data),
  debug_getRawTransaction: orNull(data),
  net_version: text('^[1-9][0-9]*$'),
  net_listening: { const: true },
  web3_clientVersion: { type: 'string' },
}

const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false })
const compiled = new Map<string, ValidateFunction>()

/** What is wrong with a result of a method, by the specification; `undefined` if nothing is. */
export function schemaErrors(method: string, result: unknown): string | undefined {
  const schema = RESULTS[method]
  if (schema === undefined) return `no schema for ${method}`
  const validate = compiled.get(method) ?? ajv.compile(schema)
  compiled.set(method, validate)
  return validate(result) ? undefined : ajv.errorsText(validate.errors)
}

/** Methods that have a schema. */
export const SCHEMA_METHODS: readonly string[] = Object.keys(RESULTS)
