import {
  type Block,
  type BlockArchive,
  defaultHashes,
  type EventLog,
  encodeBody,
} from '@datastreamer/e2store/execution'
import {
  type BlockId,
  type BlockLogs,
  decodeTransaction,
  deriveReceipts,
  type History,
  type HistoryBlock,
  type LogFilter,
  recoverSenders,
  type SearchOptions,
  type Transaction,
  type TransactionReceipt,
  type Whereabouts,
} from '@datastreamer/era-history'

const key = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A block of a history in memory. */
export class MemoryBlock implements HistoryBlock {
  readonly #block: Block
  readonly trust = 'unverified'
  readonly #network: string
  #transactions: readonly Transaction[] | undefined
  #senders: Promise<readonly Uint8Array[]> | undefined
  readonly hash: Uint8Array
  readonly size: number

  constructor(block: Block, network: string) {
    this.#block = block
    this.#network = network
    this.hash = defaultHashes().keccak256(block.headerRlp)
    const body = encodeBody(block.body)
    const tag = (body[0] ?? 0) > 0xf7 ? (body[0] ?? 0) - 0xf6 : 1
    const payload = block.headerRlp.length + body.length - tag
    this.size = payload + (payload < 56 ? 1 : 1 + Math.ceil(payload.toString(16).length / 2))
  }

  get number(): bigint {
    return this.#block.number
  }
  get header(): HistoryBlock['header'] {
    return this.#block.header
  }
  get headerRlp(): Uint8Array {
    return this.#block.headerRlp
  }
  get body(): HistoryBlock['body'] {
    return this.#block.body
  }
  get totalDifficulty(): bigint {
    return this.#block.totalDifficulty ?? 0n
  }

  transactions(): readonly Transaction[] {
    this.#transactions ??= this.#block.body.transactions.map((each) => decodeTransaction(each))
    return this.#transactions
  }

  senders(): Promise<readonly Uint8Array[]> {
    this.#senders ??= recoverSenders(this.#block.body.transactions, this.transactions())
    return this.#senders
  }

  async receipts(): Promise<readonly TransactionReceipt[] | undefined> {
    const { receipts, header } = this.#block
    if (receipts === undefined) return undefined
    const context = { header, network: this.#network, transactions: this.transactions(), senders: await this.senders() }
    return deriveReceipts(receipts, context)
  }
}

/** A history in memory, in the plainest way: what others are compared with. */
export class MemoryHistory implements History {
  readonly network = 'mainnet'
  readonly #blocks = new Map<bigint, MemoryBlock>()
  readonly #numbers = new Map<string, bigint>()
  readonly #transactions = new Map<string, { readonly block: bigint; readonly index: number }>()
  readonly #noReceipts = new Set<bigint>()
  readonly runs: { from: bigint; to: bigint }[] = []
  /** Blocks that were read. */
  reads: bigint[] = []
  /** Awaited before a block is given. */
  onRead: (number: bigint) => Promise<void> | void = () => {}

  /** All blocks of archives, in order. */
  static async of(...archives: readonly BlockArchive[]): Promise<MemoryHistory> {
    const history = new MemoryHistory()
    for (const archive of archives) for await (const block of archive.iterate()) history.add(block)
    return history
  }

  add(block: Block): void {
    const { number } = block
    const made = new MemoryBlock(block, this.network)
    this.#blocks.set(number, made)
    this.#numbers.set(key(made.hash), number)
    for (const [index, { hash }] of made.transactions().entries()) {
      this.#transactions.set(key(hash), { block: number, index })
    }
    if (block.receipts === undefined) this.#noReceipts.add(number)
    const run = this.runs.at(-1)
    if (run?.to === number - 1n) run.to = number
    else this.runs.push({ from: number, to: number })
  }

  get head(): BlockId | undefined {
    const last = this.runs.at(-1)
    return last && this.#blocks.get(last.to)
  }
  get earliest(): bigint | undefined {
    return this.runs[0]?.from
  }

  find(number: bigint): Whereabouts {
    if (this.#blocks.has(number)) return 'held'
    return this.head === undefined || number > this.head.number ? 'above' : 'absent'
  }

  holdsReceipts(number: bigint, to = number): boolean {
    for (let each = number; each <= to; each++) if (this.#noReceipts.has(each)) return false
    return true
  }

  async block(number: bigint): Promise<HistoryBlock | undefined> {
    this.reads.push(number)
    await this.onRead(number)
    return this.#blocks.get(number)
  }

  async numberOf(hash: Uint8Array): Promise<bigint | undefined> {
    return this.#numbers.get(key(hash))
  }

  async transactionAt(hash: Uint8Array): Promise<{ readonly block: bigint; readonly index: number } | undefined> {
    return this.#transactions.get(key(hash))
  }

  async *logs(filter: LogFilter, { signal, onSearched }: SearchOptions = {}): AsyncGenerator<BlockLogs> {
    for (let number = filter.from; number <= filter.to; number++) {
      signal?.throwIfAborted()
      await this.onRead(number)
      const block = this.#blocks.get(number)
      if (block === undefined) throw new Error(`block ${number} is not held`)
      const logs = await logsOf(block, filter)
      if (logs.length > 0) yield { block, logs }
      onSearched?.(number)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function logsOf(block: MemoryBlock, filter: LogFilter): Promise<BlockLogs['logs']> {
  const all: BlockLogs['logs'][number][] = []
  let logIndex = 0
  for (const [transactionIndex, { logs }] of ((await block.receipts()) ?? []).entries()) {
    const transactionHash = block.transactions()[transactionIndex]?.hash ?? new Uint8Array()
    for (const log of logs) {
      if (matches(log, filter)) all.push({ log, logIndex, transactionIndex, transactionHash })
      logIndex++
    }
  }
  return all
}

function matches({ address, topics }: EventLog, filter: LogFilter): boolean {
  const isOneOf = (value: Uint8Array | undefined, allowed: readonly Uint8Array[] | undefined): boolean =>
    allowed === undefined || (value !== undefined && allowed.some((each) => key(each) === key(value)))
  if (filter.topics.length > topics.length) return false
  return isOneOf(address, filter.addresses) && filter.topics.every((allowed, at) => isOneOf(topics[at], allowed))
}
