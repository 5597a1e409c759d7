import { E2StoreError } from '@datastreamer/e2store'
import { defaultHashes } from '@datastreamer/e2store/execution'
import { hexlify } from 'ethers'
import type { LogFilter, OpenHistory } from '../../src/index.ts'
import { logValues, type MadeBlock } from '../support/made-up-chain.ts'

/** What was asked, and how it was answered. */
export interface Tally {
  right: number
  /** Errors, and what is said not to be held. */
  refused: number
}

/** Everything in a log as text, to be compared. */
function textOf(log: {
  readonly address: Uint8Array
  readonly topics: readonly Uint8Array[]
  readonly data: Uint8Array
}): string {
  return [log.address, ...log.topics, log.data].map((bytes) => hexlify(bytes)).join(' ')
}

/** Asks a history about blocks that are known, and throws if it answers anything wrong. */
export class Oracle {
  readonly #blocks: readonly MadeBlock[]
  readonly #random: (below: number) => number

  constructor(blocks: readonly MadeBlock[], random: (below: number) => number) {
    this.#blocks = blocks
    this.#random = random
  }

  async ask(history: OpenHistory): Promise<Tally> {
    const tally: Tally = { right: 0, refused: 0 }
    const count = async (question: () => Promise<boolean>): Promise<void> => {
      try {
        if (await question()) tally.right++
        else tally.refused++
      } catch (error) {
        // Anything else is a fault of the program.
        if (!(error instanceof E2StoreError)) throw error
        tally.refused++
      }
    }
    await count(async () => this.#head(history))
    for (let i = 0; i < 4; i++) {
      const made = this.#blocks[this.#random(this.#blocks.length)] as MadeBlock
      await count(() => this.#block(history, made))
    }
    const made = this.#blocks[this.#random(this.#blocks.length)] as MadeBlock
    await count(() => this.#byHash(history, made))
    await count(() => this.#logs(history))
    return tally
  }

  #head({ head }: OpenHistory): boolean {
    if (head === undefined) return false
    const made = this.#blocks.find(({ number }) => number === head.number)
    expectEqual('hash of the head', head.hash, made?.hash)
    return true
  }

  async #block(history: OpenHistory, made: MadeBlock): Promise<boolean> {
    const block = await history.block(made.number)
    if (block === undefined) return false
    expectEqual('header', block.headerRlp, made.headerRlp)
    expectEqual('hash', block.hash, made.hash)
    expectEqual('envelopes', join(block.body.transactions), join(made.envelopes))
    if (block.body.uncles.length !== made.uncles.length) throw new Error('uncles')
    if (block.totalDifficulty !== undefined && block.totalDifficulty !== made.totalDifficulty) {
      throw new Error(`total difficulty ${block.totalDifficulty}, not ${made.totalDifficulty}`)
    }
    const senders = await block.senders()
    if (senders.map((sender) => hexlify(sender)).join() !== made.senders.join()) throw new Error('senders')
    const receipts = await block.receipts()
    if (receipts === undefined) return false
    const found = receipts.map((each) => `${each.outcome} ${each.cumulativeGasUsed} ${each.logs.map(textOf).join()}`)
    const expected = made.receipts.map(
      (each) => `${each.outcome} ${each.cumulativeGasUsed} ${each.logs.map(textOf).join()}`,
    )
    if (found.join() !== expected.join()) throw new Error('receipts')
    return true
  }

  async #byHash(history: OpenHistory, made: MadeBlock): Promise<boolean> {
    const number = await history.numberOf(made.hash)
    if (number !== undefined && number !== made.number) throw new Error(`number of ${made.number} is ${number}`)
    const known = this.#blocks.flatMap(({ envelopes, number: block }) =>
      envelopes.map((envelope, index) => ({ envelope, block, index })),
    )
    const chosen = known[this.#random(known.length)]
    if (chosen === undefined) return number !== undefined
    const hash = defaultHashes().keccak256(chosen.envelope)
    const found = await history.transactionAt(hash)
    if (found === undefined) return false
    const held = known.find(({ block, index }) => block === found.block && index === found.index)
    expectEqual('transaction by hash', chosen.envelope, held?.envelope)
    return number !== undefined
  }

  async #logs(history: OpenHistory): Promise<boolean> {
    const { addresses, topics } = logValues
    const address = addresses[this.#random(addresses.length)] as Uint8Array
    const topic = topics[this.#random(topics.length)] as Uint8Array
    const [first, last] = [this.#blocks[0] as MadeBlock, this.#blocks.at(-1) as MadeBlock]
    const condition = this.#random(2) === 0 ? { addresses: [address], topics: [] } : { topics: [[topic]] }
    const filter: LogFilter = { from: first.number, to: last.number, ...condition }
    const found: string[] = []
    for await (const { block, logs } of history.logs(filter)) {
      for (const { log, logIndex } of logs) found.push(`${block.number} ${logIndex} ${textOf(log)}`)
    }
    const expected = this.#blocks.flatMap(({ number, receipts }) =>
      receipts
        .flatMap(({ logs }) => logs)
        .map((log, logIndex) => ({ log, logIndex }))
        .filter(({ log }) =>
          filter.addresses
            ? hexlify(log.address) === hexlify(address)
            : hexlify(log.topics[0] ?? '0x') === hexlify(topic),
        )
        .map(({ log, logIndex }) => `${number} ${logIndex} ${textOf(log)}`),
    )
    if (found.join() !== expected.join()) throw new Error(`logs: ${found.length} found, ${expected.length} expected`)
    return true
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part, 0xff]))
}

function expectEqual(what: string, found: Uint8Array, expected: Uint8Array | undefined): void {
  if (expected === undefined || hexlify(found) !== hexlify(expected)) throw new Error(`${what}: ${hexlify(found)}`)
}
