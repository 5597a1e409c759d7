import type { History, HistoryNotice, HistoryOptions } from '@datastreamer/archive'
import { readVerifierKeys } from '@datastreamer/service/keys'
import type { CommandContext } from '../run-command.ts'

/** The option that says whose history is believed. */
export interface PublicKeyOptions {
  readonly publicKey?: string
}

/** How a history is read: whose it has to be, and what a reader should know of it. */
export async function historyReading(
  src: string,
  { publicKey }: PublicKeyOptions,
  { signal, note }: Pick<CommandContext, 'signal' | 'note'>,
): Promise<Pick<HistoryOptions, 'publicKey' | 'signal' | 'onNotice'>> {
  const keys = publicKey === undefined ? [] : await readVerifierKeys('--public-key', publicKey)
  const onNotice = (notice: HistoryNotice): void => note(`datastreamer: ${src}: ${noticeText(notice)}`)
  return { publicKey: keys, signal, onNotice }
}

/** Open a history as the command line names it, and say what a reader should know of it. */
export async function openHistoryOf(
  src: string,
  options: PublicKeyOptions,
  context: Pick<CommandContext, 'signal' | 'note'>,
): Promise<History> {
  // Loaded by who reads a history only.
  const { openHistory } = await import('@datastreamer/archive/node')
  return openHistory(src, await historyReading(src, options, context))
}

function noticeText(notice: HistoryNotice): string {
  return notice.code === 'AUTHOR_UNCHECKED'
    ? 'everything is verified, but not who signed it: --public-key was not given'
    : notice.message
}
