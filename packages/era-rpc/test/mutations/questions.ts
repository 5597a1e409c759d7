import type { OpenHistory } from '@datastreamer/era-history'
import { oneOf, type Random } from '@datastreamer/fixtures/random'
import { keccak256, toUtf8Bytes } from 'ethers'
import { Rpc } from '../../src/index.ts'
import { type Answered, textOf } from '../support/ask.ts'
import { callsFor } from '../support/calls.ts'
import type { MadeUpBlock } from '../support/made-up-chain.ts'
import type { Change } from './changes.ts'
import { blockOf, fitsHeader, namesHash } from './unverified.ts'

/** A request, and its answer from files that are true. */
interface Question {
  readonly method: string
  readonly params: readonly unknown[]
  readonly message: string
  readonly expected: string
}

/** How requests were answered. */
export interface Tally {
  /** Exactly as from files that are true. */
  right: number
  /** With an error, or as a block above the head, or an unknown hash. */
  refused: number
  /** With another head, which is a block of the true chain. */
  otherHead: number
  /** Right, but without a total difficulty that nothing covers. */
  noDifficulty: number
  /** Without verification, of a block that is not that of the true chain and fits its header. */
  unverified: number
  /** An index with right checksums hid logs. */
  hiddenLogs: number
  /** An index with right checksums hid a hash. */
  hiddenHashes: number
}

export const newTally = (): Tally => ({
  ...{ right: 0, refused: 0, otherHead: 0, noDifficulty: 0, unverified: 0, hiddenLogs: 0, hiddenHashes: 0 },
})

const quantity = (value: bigint | number): string => `0x${value.toString(16)}`
/** Codes of what cannot be answered; an internal error is a fault of the program. */
const REFUSALS: ReadonlySet<number> = new Set([4444, -32000, -32602])
const HEADS = ['eth_blockNumber', 'eth_capabilities']
const TAGS = ['latest', 'earliest', 'safe', 'finalized']
/** Longest that a request may take, ms: much longer than any does on a busy machine. */
const PATIENCE_MS = 600_000

/** What is asked about a mutant. */
export interface Asking {
  readonly history: OpenHistory
  /** How many requests. */
  readonly count: number
  readonly effect: Change['effect']
  /** The block that half of the requests are about, if it is known. */
  readonly block: bigint | undefined
  /** Whether what is answered need not be verified. */
  readonly mayBeUnverified: boolean
  readonly random: Random
}

/** Requests about blocks that are known, with their right answers. */
export class Questions {
  readonly #all: Question[] = []
  readonly #ofBlock = new Map<bigint, Question[]>()
  readonly #blocks: readonly MadeUpBlock[]
  readonly #byNumber = new Map<string, unknown>()

  private constructor(blocks: readonly MadeUpBlock[]) {
    this.#blocks = blocks
  }

  /** @param runs the numbers of consecutive blocks of a file, first and last */
  static async of(
    history: OpenHistory,
    blocks: readonly MadeUpBlock[],
    runs: readonly (readonly [bigint, bigint])[],
  ): Promise<Questions> {
    const questions = new Questions(blocks)
    const rpc = rpcOf(history)
    const add = async (method: string, ...params: readonly unknown[]): Promise<Question> => {
      const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const question = { method, params, message, expected: (await textOf(rpc, message)) ?? '' }
      questions.#all.push(question)
      return question
    }
    for (const block of blocks) {
      const { number, hash, transactions } = block
      const ref = quantity(number)
      const own: Question[] = []
      for (const call of callsFor(block)) own.push(await add(...call))
      own.push(
        await add('eth_getTransactionByBlockNumberAndIndex', ref, quantity(transactions.length)),
        await add('eth_getBlockReceipts', { blockHash: hash }),
      )
      questions.#ofBlock.set(number, own)
      const whole = own.find(({ method, params }) => method === 'eth_getBlockByNumber' && params[1] === true)
      questions.#byNumber.set(ref, JSON.parse(whole?.expected ?? '').result)
    }
    for (const [from, to] of runs) {
      for (const condition of conditionsOf(blocks)) {
        await add('eth_getLogs', { fromBlock: quantity(from), toBlock: quantity(to), ...condition })
      }
    }
    await add('eth_chainId')
    await add('eth_getTransactionByHash', keccak256(toUtf8Bytes('unknown')))
    return questions
  }

  get count(): number {
    return this.#all.length
  }

  /** Ask some. @throws {Error} a wrong answer */
  async ask({ history, count, effect, block, mayBeUnverified, random }: Asking): Promise<Tally> {
    const tally = newTally()
    const rpc = rpcOf(history)
    const ofBlock = (block === undefined ? undefined : this.#ofBlock.get(block)) ?? this.#all
    for (let n = 0; n < count; n++) {
      const question = oneOf(n % 2 === 0 ? ofBlock : this.#all, random)
      const text = (await textOf(rpc, question.message)) ?? ''
      if (text === question.expected) {
        tally.right++
        continue
      }
      const outcome =
        effect === 'none'
          ? undefined
          : await judge(question, JSON.parse(text), { effect, history, rpc, mayBeUnverified })
      if (outcome === undefined) {
        throw new Error(`${question.message}: ${text}, expected ${question.expected}`)
      }
      tally[outcome]++
    }
    tally[await this.#head(rpc, random, mayBeUnverified)]++
    return tally
  }

  async #head(rpc: Rpc, random: Random, mayBeUnverified: boolean): Promise<'right' | 'refused' | 'otherHead'> {
    const last = quantity(this.#blocks.at(-1)?.number ?? 0n)
    const method = oneOf([...HEADS, ...TAGS], random)
    const isTag = TAGS.includes(method)
    const [asked, params] = isTag ? ['eth_getBlockByNumber', [method, true]] : [method, []]
    const { result, error } = await answerOf(rpc, asked, params)
    if (error !== undefined) {
      if (REFUSALS.has(error.code)) return 'refused'
      throw new Error(`${method}: ${error.code} ${error.message}`)
    }
    if (isTag && result === null) return 'refused'
    const found = result as {
      readonly number?: string
      readonly head?: { readonly number: string; readonly hash: string }
    }
    const number = isTag ? found.number : (found.head?.number ?? (result as string))
    const known = this.#byNumber.get(number ?? '') as { readonly hash: string } | undefined
    const isRight = isTag
      ? JSON.stringify(withoutDifficulty(known)) === JSON.stringify(withoutDifficulty(found))
      : known !== undefined && (found.head === undefined || found.head.hash === known.hash)
    if (isRight) return number === last || method === 'earliest' ? 'right' : 'otherHead'
    const block = isTag ? blockOf({ method, params }, found) : (found.head ?? { number: String(result) })
    if (mayBeUnverified && block && (await fitsHeader((...call) => answerOf(rpc, ...call), block))) return 'otherHead'
    throw new Error(`${method}: ${JSON.stringify(result)}`)
  }
}

function rpcOf(history: OpenHistory): Rpc {
  return new Rpc(history, { chainId: 1n, totalDifficulty: true, timeoutMs: PATIENCE_MS, maxSearchMs: PATIENCE_MS })
}

async function answerOf(rpc: Rpc, method: string, params: readonly unknown[]): Promise<Answered> {
  return JSON.parse((await textOf(rpc, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) ?? '')
}

function conditionsOf(blocks: readonly MadeUpBlock[]): object[] {
  const logs = blocks.flatMap(({ receipts }) => receipts).flatMap((receipt) => receipt.logs)
  const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
  const addresses = [...new Set(logs.map(({ address }) => hex(address)))]
  const topics = [...new Set(logs.flatMap(({ topics: [first] }) => (first ? [hex(first)] : [])))]
  const seconds = [...new Set(logs.flatMap(({ topics: [, second] }) => (second ? [hex(second)] : [])))]
  return [
    {},
    ...addresses.map((address) => ({ address })),
    ...topics.map((topic) => ({ topics: [topic] })),
    ...seconds.map((topic) => ({ topics: [null, topic] })),
    { address: addresses.slice(0, 3), topics: [topics.slice(0, 4)] },
  ]
}

interface Judging {
  readonly effect: Exclude<Change['effect'], 'none'>
  readonly history: OpenHistory
  readonly rpc: Rpc
  readonly mayBeUnverified: boolean
}

/** What an answer is that is not the right one; `undefined` if it is wrong. */
async function judge(
  { method, params, expected }: Question,
  { result, error }: Answered,
  { effect, history, rpc, mayBeUnverified }: Judging,
): Promise<keyof Tally | undefined> {
  const { result: right } = JSON.parse(expected) as Answered
  const [refuses, hides] = [effect !== 'hides', effect !== 'refuses']
  if (error !== undefined) {
    if (refuses && REFUSALS.has(error.code)) return 'refused'
    // A block's logs are asked for by a hash that an index hides.
    return error.message === 'unknown block' ? 'hiddenHashes' : undefined
  }
  if (mayBeUnverified && refuses && !namesHash(method, params)) {
    const block = blockOf({ method, params }, result)
    if (block === undefined) return 'unverified'
    return (await fitsHeader((...call) => answerOf(rpc, ...call), block)) ? 'unverified' : undefined
  }
  if (right === undefined) return undefined
  if (result === null) {
    if (!(await isUnknown(method, params[0], history))) return undefined
    return refuses ? 'refused' : 'hiddenHashes'
  }
  if (Array.isArray(result) && method === 'eth_getLogs') {
    const held = new Set((right as unknown[]).map((log) => JSON.stringify(log)))
    const isPart = result.every((log) => held.has(JSON.stringify(log)))
    return hides && isPart && result.length < held.size ? 'hiddenLogs' : undefined
  }
  // A total difficulty is in no header: it is missing, or unverified too.
  const answered = mayBeUnverified ? withoutDifficulty(result) : result
  const isAsRight = JSON.stringify(answered) === JSON.stringify(withoutDifficulty(right))
  return isAsRight && refuses ? 'noDifficulty' : undefined
}

/** Whether a block or transaction is said not to be known: nothing else is a reason for null. */
async function isUnknown(method: string, ref: unknown, history: OpenHistory): Promise<boolean> {
  const text = typeof ref === 'object' && ref !== null ? (ref as { readonly blockHash: string }).blockHash : String(ref)
  if (text.length < 66) return history.find(BigInt(text)) === 'above'
  const hash = Buffer.from(text.slice(2), 'hex')
  const isTransaction = /Transaction(ByHash|Receipt)$|RawTransaction$/.test(method)
  return (await (isTransaction ? history.transactionAt(hash) : history.numberOf(hash))) === undefined
}

function withoutDifficulty(block: unknown): unknown {
  if (typeof block !== 'object' || block === null) return block
  const { totalDifficulty, ...rest } = block as Record<string, unknown>
  return rest
}
