import type { TruncationPlan } from '@datastreamer/store/check'
import type { Command } from 'commander'
import { count, plural } from '../output/text.ts'

/** What a truncation will do to a file, for people. */
export function truncationRows(plan: Omit<TruncationPlan, 'file'>): [string, string][] {
  const { header, to, lostEntries, removedBytes, atOperationBoundary } = plan
  const point = (entries: bigint, length: number): string =>
    `${plural(entries, 'entry', 'entries')}, ${count(length)} bytes`
  return [
    ['header says', point(header.totalEntries, header.totalLength)],
    ['will be', point(to.totalEntries, to.totalLength)],
    ['ends', atOperationBoundary ? 'between two operations' : 'after a whole entry, maybe inside an operation'],
    ['lost', `${plural(lostEntries, 'entry', 'entries')}, ${plural(removedBytes, 'byte')} (a copy is kept)`],
  ]
}

/** Give a command the flags that answer its question before it is asked. */
export function takesConfirmation(command: Command): Command {
  return command.option('-y, --yes', 'do it without asking').option('--dry-run', 'only show what would be done')
}
