import { equalBytes, toHex } from '../io/bytes.ts'
import type { KnownBlock } from '../trusted/known-block.ts'
import { erasText, type FolderFinding, verb } from './finding.ts'
import type { FoundBlock, HeldBlocks, HeldFile } from './held-file.ts'

const ERA_BLOCKS = 8192n

/** A file of blocks, or one that should be such a file by its name. */
interface Item {
  readonly name: string
  readonly start: bigint
  /** After the last block. */
  readonly end: bigint
  readonly blocks: HeldBlocks | undefined
}

/** Consecutive blocks that are one chain. */
export interface BlockRun {
  readonly first: bigint
  readonly last: bigint
  /** Up to which block they are known to be of the network, since a trusted later block follows from them. */
  readonly trustedTo?: bigint
  /** What that trust comes from. */
  readonly trustedBy?: string
}

export interface BlocksCheck {
  readonly findings: readonly FolderFinding[]
  readonly runs: readonly BlockRun[]
}

/** Check files of an execution chain against each other. @see docs/spec/e2store.md §10 */
export function checkBlocks(
  files: readonly HeldFile[],
  { from, to, known }: { readonly from?: bigint; readonly to?: bigint; readonly known: readonly KnownBlock[] },
): BlocksCheck {
  const items = files.flatMap(itemOf).sort((a, b) => Number(a.start - b.start) || Number(a.end - b.end))
  const groups = groupByStart(items)
  const findings: FolderFinding[] = []
  const runs: RunBuilder[] = []
  let next = from === undefined ? (items[0]?.start ?? 0n) : from * ERA_BLOCKS
  let before: readonly Item[] = []
  for (const [i, group] of groups.entries()) {
    const start = group[0]?.start ?? 0n
    if (start > next) findings.push(missing(next, start - 1n, before))
    findings.push(...overlaps(before, group))
    const doubles = compareAll(group, groups[i + 1] ?? [])
    findings.push(...doubles, ...brokenLinks(before, group))
    // What does not verify is not missing, but no part of a chain either.
    const verified = group.filter(({ blocks }) => blocks !== undefined)
    const isLinked = before.some(({ end, blocks }) => end === start && group.some((item) => follows(item, blocks)))
    const run = isLinked ? (runs.at(-1) ?? new RunBuilder(start)) : new RunBuilder(start)
    if (run !== runs.at(-1) && verified.length > 0) runs.push(run)
    for (const item of verified) run.add(item, known)
    if (doubles.some(({ code }) => code === 'DOUBLE')) run.distrust()
    for (const { end } of group) if (end > next) next = end
    before = group
  }
  const wanted = to === undefined ? next : (to + 1n) * ERA_BLOCKS
  // The last file of a chain may be short.
  if (wanted > next && (to === undefined || next <= to * ERA_BLOCKS)) findings.push(missing(next, wanted - 1n, []))
  return { findings: [...findings, ...otherBlocks(items, known)], runs: runs.map((run) => run.run()) }
}

function itemOf({ name, content, parsed }: HeldFile): readonly Item[] {
  if (content?.chain === 'execution') {
    return [{ name, start: content.start, end: content.start + BigInt(content.count), blocks: content }]
  }
  if (content !== undefined || parsed === undefined || parsed.kind === 'era') return []
  const start = parsed.era * ERA_BLOCKS
  return [{ name, start, end: start + ERA_BLOCKS, blocks: undefined }]
}

function groupByStart(items: readonly Item[]): readonly (readonly Item[])[] {
  const groups = new Map<bigint, Item[]>()
  for (const item of items) {
    const group = groups.get(item.start)
    if (group === undefined) groups.set(item.start, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

function missing(first: bigint, last: bigint, before: readonly Item[]): FolderFinding {
  const files = before.map(({ name }) => name)
  const range = { chain: 'execution', first, last } as const
  if (first % ERA_BLOCKS !== 0n) {
    const message = `blocks ${first} to ${last} are missing: ${files.join(', ') || 'the last file'} ends before them`
    return { code: 'MISSING', message, files, range }
  }
  const [a, b] = [first / ERA_BLOCKS, last / ERA_BLOCKS]
  return {
    code: 'MISSING',
    message: `${erasText(a, b)} ${verb(a, b)} missing: blocks ${first} to ${last}`,
    files: [],
    range,
  }
}

/** Files that begin among the blocks of those before them. */
function overlaps(before: readonly Item[], group: readonly Item[]): readonly FolderFinding[] {
  return group.flatMap((item) =>
    before.flatMap((each): FolderFinding[] => {
      if (each.end <= item.start) return []
      const message = `${item.name} begins with block ${item.start}, ${each.name} has blocks to ${each.end - 1n}`
      return [{ code: 'OVERLAP', message, files: [each.name, item.name] }]
    }),
  )
}

/** Compare the files of one era with each other. The files after them may show which of two that differ is right. */
function compareAll(group: readonly Item[], after: readonly Item[]): readonly FolderFinding[] {
  const findings: FolderFinding[] = []
  for (const [i, a] of group.entries()) {
    for (const b of group.slice(i + 1)) {
      const found = compareTwo(a, b, after)
      if (found !== undefined) findings.push(found)
    }
  }
  return findings
}

function compareTwo(a: Item, b: Item, after: readonly Item[]): FolderFinding | undefined {
  const files = [a.name, b.name]
  const era = a.start / ERA_BLOCKS
  if (a.blocks === undefined || b.blocks === undefined) return undefined
  const sameKind = a.blocks.kind === b.blocks.kind
  if (a.end !== b.end) {
    if (!sameKind && endsAtMerge(a.blocks, b.blocks)) return undefined
    const message = `${files.join(' and ')} are both of era ${era}, with ${a.end - a.start} and ${b.end - b.start} blocks`
    return { code: 'DOUBLE', message, files }
  }
  if (!equalBytes(a.blocks.lastHash, b.blocks.lastHash)) {
    const right = [a, b].filter(({ end, blocks }) => after.some((item) => item.start === end && follows(item, blocks)))
    const which = right.length === 1 ? `: the era after it follows ${right[0]?.name}` : ''
    const message = `${files.join(' and ')} are both of era ${era}, and differ${which}`
    return { code: 'DOUBLE', message, files }
  }
  if (!sameKind || a.blocks.columns.join() !== b.blocks.columns.join()) return undefined
  return { code: 'SAME_CONTENT', message: `${files.join(' and ')} have the same content: era ${era}`, files }
}

/** Of an `.era1`, which ends at the merge, and a file of another kind that goes on, both are whole. */
function endsAtMerge(shorter: HeldBlocks, longer: HeldBlocks): boolean {
  return shorter.kind === 'era1' && shorter.count === longer.preMergeBlocks
}

function follows({ blocks }: Item, before: HeldBlocks | undefined): boolean {
  const [parent, last] = [blocks?.previousHash, before?.lastHash]
  return parent !== undefined && last !== undefined && equalBytes(parent, last)
}

function brokenLinks(before: readonly Item[], group: readonly Item[]): readonly FolderFinding[] {
  const findings: FolderFinding[] = []
  for (const item of group) {
    const neighbours = before.filter(({ end, blocks }) => end === item.start && blocks !== undefined)
    if (item.blocks?.previousHash === undefined || neighbours.length === 0) continue
    if (neighbours.some(({ blocks }) => follows(item, blocks))) continue
    const [a] = neighbours
    const hashes = `block ${item.start - 1n} has hash ${short(a?.blocks?.lastHash)}, expected ${short(item.blocks.previousHash)}`
    const message = `${item.name} does not follow ${a?.name}: ${hashes}`
    findings.push({ code: 'BROKEN_CHAIN', message, files: [a?.name ?? '', item.name] })
  }
  return findings
}

/** The blocks whose hashes were found in a file: the one before it, its last, and those that were looked for. */
function foundIn({ start, end, blocks }: Item): readonly FoundBlock[] {
  if (blocks === undefined) return []
  const { previousHash, lastHash, found } = blocks
  const before = previousHash === undefined ? [] : [{ number: start - 1n, hash: previousHash }]
  return [...before, ...found, { number: end - 1n, hash: lastHash }]
}

function otherBlocks(items: readonly Item[], known: readonly KnownBlock[]): readonly FolderFinding[] {
  return items.flatMap((item) =>
    foundIn(item).flatMap(({ number, hash }): FolderFinding[] => {
      const other = known.find((each) => each.number === number && !equalBytes(each.hash, hash))
      if (other === undefined) return []
      const message = `${item.name}: block ${number} has hash ${short(hash)}, ${other.what} has ${short(other.hash)}`
      return [{ code: 'OTHER_NETWORK', message, files: [item.name] }]
    }),
  )
}

/** Collects the files of a run, and how far it can be trusted. */
class RunBuilder {
  readonly #first: bigint
  #end: bigint
  #trust: { readonly to: bigint; readonly by: string } | undefined
  #isDoubtful = false

  constructor(start: bigint) {
    this.#first = start
    this.#end = start
  }

  add(item: Item, known: readonly KnownBlock[]): void {
    if (item.end > this.#end) this.#end = item.end
    if (item.blocks?.trusted) this.#trustTo(item.end - 1n, 'trusted roots')
    for (const { number, hash } of foundIn(item)) {
      const found = known.find((each) => each.number === number && equalBytes(each.hash, hash))
      if (found !== undefined) this.#trustTo(number, found.what)
    }
  }

  /** Of two files that differ, a later block shows only one to be right. */
  distrust(): void {
    this.#isDoubtful = true
  }

  run(): BlockRun {
    const trust = this.#isDoubtful || (this.#trust?.to ?? -1n) < this.#first ? undefined : this.#trust
    const range = { first: this.#first, last: this.#end - 1n }
    return trust === undefined ? range : { ...range, trustedTo: trust.to, trustedBy: trust.by }
  }

  #trustTo(to: bigint, by: string): void {
    if (this.#trust === undefined || to > this.#trust.to) this.#trust = { to, by }
  }
}

function short(hash: Uint8Array | undefined): string {
  return hash === undefined ? 'unknown' : `0x${toHex(hash.subarray(0, 8))}...`
}
