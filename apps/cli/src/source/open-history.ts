import type { History, HistoryNotice, HistoryOptions } from '@datastreamer/archive'
import { readVerifierKeys } from '@datastreamer/service/keys'
import type { CommandContext } from '../run-command.ts'

/** The option that says whose history is believed. */
export interface PublicKeyOptions {
  readonly publicKey?: string
}

/** Open a history as the command line names it, and say what a reader should know of it. */
export async function openHistoryOf(
  src: string,
  { publicKey }: PublicKeyOptions,
  { signal, note }: Pick<CommandContext, 'signal' | 'note'>,
  options: HistoryOptions = {},
): Promise<History> {
  // Loaded by who reads a history only.
  const { openHistory } = await import('@datastreamer/archive/node')
  const keys = publicKey === undefined ? [] : await readVerifierKeys('--public-key', publicKey)
  const onNotice = (notice: HistoryNotice): void => note(`datastreamer: ${src}: ${noticeText(notice)}`)
  return openHistory(src, { publicKey: keys, signal, onNotice, ...options })
}

function noticeText(notice: HistoryNotice): string {
  return notice.code === 'AUTHOR_UNCHECKED'
    ? 'everything is verified, but not who signed it: --public-key was not given'
    : notice.message
}
