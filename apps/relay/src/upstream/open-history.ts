import type { HistoryNotice } from '@datastreamer/archive'
import type { HistorySource } from '@datastreamer/format'
import { ConfigError, type Log } from '@datastreamer/service'
import { readVerifierKeys } from '@datastreamer/service/keys'
import { LazyHistory } from './lazy-history.ts'

/** The `--history` options. */
export interface HistoryConfig {
  readonly history: string | undefined
  readonly publicKey: string | undefined
}

/**
 * The history that the relay catches up from, if it has one. Nothing is requested yet.
 *
 * @throws {ConfigError} naming the option
 */
export async function openRelayHistory(
  { history, publicKey }: HistoryConfig,
  log: Log,
): Promise<HistorySource | undefined> {
  if (history === undefined) {
    if (publicKey !== undefined) throw new ConfigError('CONFLICT', '--public-key needs --history')
    return undefined
  }
  const keys = publicKey === undefined ? [] : await readVerifierKeys('--public-key', publicKey)
  // Loaded by who has a history only.
  const [{ openHistory }, { openObjects }] = await Promise.all([
    import('@datastreamer/archive/node'),
    import('@datastreamer/e2store/node'),
  ])
  const objects = await openObjects(history).catch((error: Error) => {
    throw new ConfigError('BAD_VALUE', `--history: ${error.message}`, { cause: error })
  })
  const onNotice = (notice: HistoryNotice): void => {
    const message = `history ${objects.name}: ${notice.message}`
    if (notice.code === 'AUTHOR_UNCHECKED') log.warn('history-author-unchecked', message)
    else log.warn('history-trouble', message, { code: notice.code })
  }
  return new LazyHistory(objects.name, () => openHistory(objects, { publicKey: keys, onNotice }))
}
