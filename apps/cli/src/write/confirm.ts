import { agrees } from '../output/ask.ts'
import { table } from '../output/text.ts'
import type { CommandContext } from '../run-command.ts'

/** How a command that changes a file is to be asked for. */
export interface ConfirmOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/**
 * Show what would be done, and find out whether it is to be done. Without a terminal, nobody agrees.
 *
 * @returns `shown` if it was only to be shown
 */
export async function confirm(
  rows: readonly (readonly [name: string, value: string])[],
  { yes = false, dryRun = false }: ConfirmOptions,
  { out, note, signal }: CommandContext,
): Promise<'agreed' | 'refused' | 'shown'> {
  await out.lines(['', ...table(rows), ''])
  if (dryRun) {
    note('nothing was done (--dry-run)')
    return 'shown'
  }
  const { stdin, stderr } = process
  const isAgreed =
    yes || (stdin.isTTY === true && (await agrees('Do it? [y/N] ', { input: stdin, output: stderr, signal })))
  if (isAgreed) return 'agreed'
  note('nothing was done (--yes does it without asking)')
  return 'refused'
}
