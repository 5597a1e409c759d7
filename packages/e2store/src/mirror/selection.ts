import type { HistoryKind, HistoryName } from './history-name.ts'

/** Whole numbers from `first` to `last`, both included; without `last`, as far as there are any. */
export interface NumberRange {
  readonly first: number
  readonly last?: number
}

/** Which of the listed files are wanted; without any of these, all. */
export interface Selection {
  readonly network?: string | undefined
  readonly kinds?: readonly HistoryKind[] | undefined
  /** Numbers of files. */
  readonly numbers?: NumberRange | undefined
  /** Blocks of the execution chain: what holds none of them, as `.era` files do, is left out. */
  readonly blocks?: NumberRange | undefined
}

const BLOCKS_PER_FILE = 8192

/** Whether a file is wanted. */
export function isSelected(file: HistoryName, { network, kinds, numbers, blocks }: Selection): boolean {
  if (network !== undefined && file.network !== network) return false
  if (kinds !== undefined && !kinds.includes(file.kind)) return false
  if (numbers !== undefined && !isIn(file.number, numbers)) return false
  return blocks === undefined || (file.kind !== 'era' && isIn(file.number, filesOf(blocks)))
}

/** The numbers of files that were asked for, if any were. */
export function selectedNumbers({ numbers, blocks }: Selection): NumberRange | undefined {
  return numbers ?? (blocks && filesOf(blocks))
}

function filesOf({ first, last }: NumberRange): NumberRange {
  const from = { first: Math.floor(first / BLOCKS_PER_FILE) }
  return last === undefined ? from : { ...from, last: Math.floor(last / BLOCKS_PER_FILE) }
}

function isIn(number: number, { first, last = Number.POSITIVE_INFINITY }: NumberRange): boolean {
  return number >= first && number <= last
}
