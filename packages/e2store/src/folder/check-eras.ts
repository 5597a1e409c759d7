import { equalBytes } from '../io/bytes.ts'
import { erasText, type FolderFinding, verb } from './finding.ts'
import type { HeldEras, HeldFile } from './held-file.ts'

/** A file of eras, or one that should be such a file by its name. */
interface Item {
  readonly name: string
  readonly first: bigint
  readonly last: bigint
  readonly content: HeldEras | undefined
}

/** Where the roots of earlier eras come from: a state of the same chain, the newest that there is. */
export interface KnownEras {
  /** The file that the state is in. */
  readonly name: string
  /** The root of an era, 32 bytes; `undefined` if it is later than the state. */
  root(era: bigint): Uint8Array | undefined
}

/** Consecutive eras that are one chain. */
export interface EraRun {
  readonly first: bigint
  readonly last: bigint
}

export interface ErasCheck {
  readonly findings: readonly FolderFinding[]
  readonly runs: readonly EraRun[]
}

/** Check files of a beacon chain against each other. @see docs/spec/e2store.md §10 */
export function checkEras(
  files: readonly HeldFile[],
  { from, to, known }: { readonly from?: bigint; readonly to?: bigint; readonly known?: KnownEras | undefined },
): ErasCheck {
  const items = files.flatMap(itemOf).sort((a, b) => Number(a.first - b.first) || Number(a.last - b.last))
  const findings: FolderFinding[] = []
  const runs: EraRun[] = []
  let next = from ?? items[0]?.first ?? 0n
  for (const [i, item] of items.entries()) {
    if (item.first > next) findings.push(missing(next, item.first - 1n))
    const earlier = items.slice(0, i)
    findings.push(...earlier.flatMap((each) => compareTwo(each, item, known)))
    findings.push(...brokenLink(earlier, item), ...wrongEras(item, known))
    const run = runs.at(-1)
    if (run === undefined || item.first > run.last + 1n) runs.push({ first: item.first, last: item.last })
    else if (item.last > run.last) runs[runs.length - 1] = { first: run.first, last: item.last }
    if (item.last >= next) next = item.last + 1n
  }
  if (to !== undefined && to >= next) findings.push(missing(next, to))
  return { findings, runs }
}

function itemOf({ name, content, parsed }: HeldFile): readonly Item[] {
  if (content?.chain === 'beacon') {
    const [first, last] = [content.eras[0], content.eras.at(-1)]
    return first === undefined || last === undefined ? [] : [{ name, first, last, content }]
  }
  if (content !== undefined || parsed?.kind !== 'era') return []
  return [{ name, first: parsed.era, last: parsed.era, content: undefined }]
}

function missing(first: bigint, last: bigint): FolderFinding {
  const message = `beacon ${erasText(first, last)} ${verb(first, last)} missing`
  return { code: 'MISSING', message, files: [], range: { chain: 'beacon', first, last } }
}

function compareTwo(a: Item, b: Item, known: KnownEras | undefined): readonly FolderFinding[] {
  if (b.first > a.last) return []
  let { last } = b
  if (a.last < last) last = a.last
  const files = [a.name, b.name]
  const both = `${files.join(' and ')} are both of beacon ${erasText(b.first, last)}`
  const differing = rangeOf(b.first, last).find((era) => differ(rootOf(a, era), rootOf(b, era)))
  if (differing !== undefined) {
    const right = [a, b].filter((item) => isKnown(item, differing, known))
    const which = right.length === 1 ? `: the state in ${known?.name} has the root of ${right[0]?.name}` : ''
    return [{ code: 'DOUBLE', message: `${both}, and differ${which}`, files }]
  }
  if (a.first !== b.first || a.last !== b.last) return [{ code: 'OVERLAP', message: both, files }]
  if (a.content === undefined || b.content === undefined) return []
  if (hasOtherBytes(a.content, b.content)) return [{ code: 'DOUBLE', message: `${both}, in different bytes`, files }]
  const message = `${files.join(' and ')} have the same content: beacon ${erasText(a.first, a.last)}`
  return [{ code: 'SAME_CONTENT', message, files }]
}

function hasOtherBytes(a: HeldEras, b: HeldEras): boolean {
  if (a.sha256 !== undefined && b.sha256 !== undefined) return a.sha256 !== b.sha256
  return differ(a.stateRoot, b.stateRoot)
}

/** An `.era` holds at most 65,536 eras, so that there are no more here. */
function rangeOf(first: bigint, last: bigint): bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i))
}

function rootOf({ content, first }: Item, era: bigint): Uint8Array | undefined {
  return content?.eraRoots[Number(era - first)]
}

function isKnown(item: Item, era: bigint, known: KnownEras | undefined): boolean {
  const [found, right] = [rootOf(item, era), known?.root(era)]
  return found !== undefined && right !== undefined && equalBytes(found, right)
}

function differ(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && !equalBytes(a, b)
}

function brokenLink(earlier: readonly Item[], item: Item): readonly FolderFinding[] {
  const neighbours = earlier.filter(({ last, content }) => last + 1n === item.first && content !== undefined)
  const [a] = neighbours
  if (a === undefined || neighbours.some((each) => isLinked(each, item))) return []
  const message = `${item.name} does not follow ${a.name}: it is of another chain`
  return [{ code: 'BROKEN_CHAIN', message, files: [a.name, item.name] }]
}

function isLinked({ content: before }: Item, { content }: Item): boolean {
  return !(
    differ(before?.lastBlockRoot, content?.previousBlockRoot) || differ(before?.stateRoot, content?.previousStateRoot)
  )
}

function wrongEras(item: Item, known: KnownEras | undefined): readonly FolderFinding[] {
  if (known === undefined) return []
  const wrong = rangeOf(item.first, item.last).find((era) => differ(rootOf(item, era), known.root(era)))
  if (wrong === undefined) return []
  const message = `${item.name}: the state in ${known.name} has another root for beacon era ${wrong}`
  return [{ code: 'WRONG_ERA', message, files: [item.name] }]
}
