import { connect, parseHostPort } from '@datastreamer/client'
import type { OperationSource } from '@datastreamer/format'
import { nodeDisk, openReader } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'
import { MissingError } from '../errors.ts'
import type { CommandContext } from '../run-command.ts'
import { isHistory } from './history-place.ts'
import { openHistoryOf } from './open-history.ts'
import { refuseE2store } from './other-family.ts'
import { type SourceOptions, tlsOf } from './source-options.ts'

/** An {@link OperationSource} that is open. */
export type OpenOperationSource = OperationSource & AsyncDisposable

/** Open SRC as entries with the boundaries of operations between them. */
export async function openOperationSource(
  src: string,
  options: SourceOptions,
  context: CommandContext,
  follow: boolean,
): Promise<OpenOperationSource> {
  if (isHistory(src)) return openHistoryOf(src, options, context)
  const { streamType } = options
  const { note, signal } = context
  if (await nodeDisk.exists(src)) {
    refuseE2store(src)
    const onProblem = (problem: Error | undefined): void => {
      note(`datastreamer: ${problem?.message ?? `${src} fits its header again`}`)
    }
    return openReader({ file: src, streamType, follow, onProblem, index: new MemoryIndex() })
  }
  const address = parseHostPort(src)
  if (address === undefined) throw new MissingError('NOT_FOUND', `${src}: there is no such file`)
  const compression = options.compression === false ? false : 'auto'
  return connect({ ...address, streamType, tls: tlsOf(options), compression, signal })
}
