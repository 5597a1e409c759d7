import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleProgram, FROM_SOURCE, spawnTied, tempDir } from '@datastreamer/fixtures'
import { Chain, type ChainBlock } from './chain.ts'

/** The program. */
export const MAIN: string = resolve(import.meta.dirname, '../../../../examples/indexer/indexer.ts')

/** About as long as a process takes to start. */
const START_MS = 80

export interface KillOptions {
  readonly kills: number
  readonly rewrites: number
  readonly seed: number
  /** Longest life of a process after it has begun to read, in ms. */
  readonly lifeMs: number
}

/** What is left when all is over. */
export interface Killed {
  /** Rows as the indexer has them, and as the chain has its blocks: number, hash, transactions. */
  readonly rows: readonly unknown[]
  readonly blocks: readonly unknown[]
  /** Lives in which the indexer has changed its rows. */
  readonly lives: number
  /** Rewrites while it was dead, of blocks that it had. */
  readonly rewritesUnseen: number
  readonly status: number | null
  readonly stderr: string
}

/**
 * Kill the README's indexer at random moments of its life, while its chain grows and is rewritten, also while nobody
 * reads it; after each kill its rows must be the beginning of one history.
 */
export async function killIndexer({ kills, rewrites, seed, lifeMs }: KillOptions): Promise<Killed> {
  const random = randomOf(seed)
  using dir = tempDir()
  await using chain = await Chain.start(dir.join('stream.bin'))
  const histories: (readonly ChainBlock[])[] = []
  const [program, database] = [dir.join('indexer.mjs'), dir.join('blocks.sqlite')]
  await bundleProgram(MAIN, program)
  let lives = 0
  let rewritesUnseen = 0
  let before = '[]'
  await chain.append(20)
  for (let kill = 0; kill < kills; kill++) {
    const isRewritten = Math.floor(((kill + 1) * rewrites) / kills) > Math.floor((kill * rewrites) / kills)
    const isRewrittenAlive = isRewritten && random() < 0.5
    const streaming = chain.streaming()
    await using indexer = start(program, chain, database)
    const stage = random()
    // Some die while they start, some while they read, most while they write.
    if (stage < 0.1) await sleep(random() * START_MS)
    else await Promise.race([streaming, indexer.ended])
    await chain.append(1 + Math.floor(random() * 4))
    if (stage > 0.3) await indexer.hasWritten()
    if (isRewrittenAlive) {
      // Back beyond checkpoints that it has thinned out meanwhile.
      await chain.append(30)
      await until(() => readRows(database, true).length === chain.blocks.length || !indexer.isAlive())
      await rewrite(chain, histories, random)
      if (random() < 0.5) await until(() => isOf(chain.blocks, readRows(database, true)) || !indexer.isAlive())
    }
    await sleep(random() * lifeMs)
    const { stderr } = await indexer.kill('SIGKILL')
    if (stderr !== '') throw new Error(`seed ${seed}, life ${kill}: ${stderr}`)
    const rows = readRows(database)
    checkRows(rows, [...histories, chain.blocks], `seed ${seed}, life ${kill}`)
    if (isRewritten && !isRewrittenAlive) {
      const first = await rewrite(chain, histories, random)
      if (rows.length > first) rewritesUnseen++
    }
    const state = JSON.stringify(rows)
    if (state !== before) lives++
    before = state
  }
  await chain.append(1)
  await using indexer = start(program, chain, database)
  const blocks = chain.blocks.map(({ number, hash }) => ({ number, hash: hash[0], transactions: number % 3 }))
  await until(() => isOf(chain.blocks, readRows(database, true)) || !indexer.isAlive())
  const { status, stderr } = await indexer.kill('SIGTERM')
  return { rows: readRows(database), blocks, lives, rewritesUnseen, status, stderr }
}

/** Take some of the newest blocks away, now and then any, and often commit others, mostly more than there were. */
async function rewrite(chain: Chain, histories: (readonly ChainBlock[])[], random: () => number): Promise<number> {
  histories.push([...chain.blocks])
  const { length } = chain.blocks
  const reach = random() < 0.2 ? length - 1 : Math.min(length - 1, 28)
  const first = length - 1 - Math.floor(random() * reach)
  const removed = length - first
  await chain.rewrite(first, random() < 0.3 ? 0 : Math.floor(random() * 1.5 * removed) + 1)
  return first
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10)
}

function start(program: string, chain: Chain, database: string) {
  const child = spawnTied(process.execPath, [...FROM_SOURCE, '--no-warnings', program, chain.address, database])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const closed = once(child, 'close')
  return {
    ended: closed,
    /** Resolves once it has begun to write to its database: the log of that is removed when nobody has it open. */
    async hasWritten() {
      const hasLog = () => (statSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
      while (!hasLog() && child.exitCode === null) await sleep(2)
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async kill(signal: NodeJS.Signals) {
      child.kill(signal)
      const [status] = await closed
      return { status: status as number | null, stderr }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

interface Row {
  readonly number: number
  readonly hash: number | undefined
  readonly transactions: number
}

/** @param isInUse whether another process has the database open, which nothing may disturb */
function readRows(file: string, isInUse = false): readonly Row[] {
  if (!existsSync(file)) return []
  using db = new DatabaseSync(file, { readOnly: isInUse, timeout: 10_000 })
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").get()
  if (table === undefined) return []
  const rows = db.prepare('SELECT number, hash, transactions, checkpoint FROM blocks ORDER BY number').all()
  const newest = rows.at(-1)
  if (newest !== undefined && newest.checkpoint === null) throw new Error(`row ${newest.number} has no checkpoint`)
  return rows.map(({ number, hash, transactions }) => ({
    number: Number(number),
    hash: hash instanceof Uint8Array ? hash[0] : undefined,
    transactions: Number(transactions),
  }))
}

/** Whether rows are those of the first blocks, or of all. */
function isBeginning(blocks: readonly ChainBlock[], rows: readonly Row[]): boolean {
  return rows.every(({ number, hash }, i) => number === i && hash === blocks[i]?.hash[0])
}

function isOf(blocks: readonly ChainBlock[], rows: readonly Row[]): boolean {
  return rows.length === blocks.length && isBeginning(blocks, rows)
}

/** Rows are the beginning of one of the histories. */
function checkRows(rows: readonly Row[], histories: readonly (readonly ChainBlock[])[], when: string): void {
  if (!histories.some((blocks) => isBeginning(blocks, rows)))
    throw new Error(`${when}: rows of more than one history: ${JSON.stringify(rows)}`)
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
