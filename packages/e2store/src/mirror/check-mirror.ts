import { checkFolder } from '../folder/check-folder.ts'
import type { FindingCode, FolderFinding } from '../folder/finding.ts'
import { parallel } from '../io/parallel.ts'
import { heldFile } from './held.ts'
import type { HistoryName } from './history-name.ts'

/** Two copies do not make a folder incomplete. */
const HARMLESS: ReadonlySet<FindingCode> = new Set(['DOUBLE', 'SAME_CONTENT'])
const BLOCKS_PER_FILE = 8192n

/** What a folder is as a store, after all files are in it that could be had. */
export interface MirrorCheck {
  /** What is wrong, besides what is missing as the plan or the outcomes say. */
  readonly findings: readonly FolderFinding[]
  /** Whether nothing of it makes the folder incomplete. */
  readonly isWhole: boolean
}

/**
 * Check that the files of each series follow each other, and hold the blocks that are public knowledge.
 *
 * @param files those that are in the folder and verified
 * @param isKnownMissing whether it is reported already that a file is not there
 */
export async function checkMirror(
  folder: string,
  files: readonly HistoryName[],
  isKnownMissing: (series: string, number: number) => boolean,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<MirrorCheck> {
  const findings: FolderFinding[] = []
  for (const series of new Set(files.map((file) => file.series))) {
    const own = files.filter((file) => file.series === series)
    const held = await parallel(own, limit, signal, (file) => heldFile(folder, file))
    for (const finding of checkFolder(held).findings) {
      if (!isExplained(finding, (number) => isKnownMissing(series, number))) findings.push(finding)
    }
  }
  return { findings, isWhole: findings.every(({ code }) => HARMLESS.has(code)) }
}

/** Whether what is missing is whole files of which that is known. */
function isExplained({ code, range }: FolderFinding, isKnownMissing: (number: number) => boolean): boolean {
  if (code !== 'MISSING' || range === undefined) return false
  const each = range.chain === 'beacon' ? 1n : BLOCKS_PER_FILE
  for (let number = range.first / each; number <= range.last / each; number++) {
    if (!isKnownMissing(Number(number))) return false
  }
  return true
}
