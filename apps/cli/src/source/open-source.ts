import { parseHostPort } from '@datastreamer/client'
import { SEQUENCER_STREAM_TYPE, StreamError } from '@datastreamer/format'
import { detectGeneration, type Generation } from '@datastreamer/sequencer-entries'
import { nodeDisk } from '@datastreamer/store'
import { MissingError, UsageError } from '../errors.ts'
import type { CommandContext } from '../run-command.ts'
import { isHistory } from './history-place.ts'
import { HistoryStream } from './history-source.ts'
import { openHistoryOf } from './open-history.ts'
import { refuseE2store } from './other-family.ts'
import { ServerSource } from './server-source.ts'
import { type SourceOptions, tlsOf } from './source-options.ts'
import { StreamFileSource } from './stream-file-source.ts'
import type { StreamSource } from './stream-source.ts'

/**
 * Open SRC: a history if it is an address or a folder with one, a server if it reads as host:port and no file has that name.
 *
 * @param follow whether what is committed later is to be seen too
 */
export async function openSource(
  src: string,
  options: SourceOptions,
  { signal, note }: Pick<CommandContext, 'signal' | 'note'>,
  follow = false,
): Promise<StreamSource> {
  const { streamType } = options
  const address = parseHostPort(src)
  if (isHistory(src)) return new HistoryStream(await openHistoryOf(src, options, { signal, note }))
  if (await nodeDisk.exists(src)) {
    refuseE2store(src)
    return StreamFileSource.open({ file: src, streamType, follow, note })
  }
  if (address === undefined) {
    throw new MissingError(
      'NOT_FOUND',
      `${src}: there is no such file (a server is named as host:port, a history as https:// or s3://)`,
    )
  }
  const { host, port } = address
  if (port < 1 || port > 65_535) {
    throw new UsageError('USAGE', `${src}: there is no such file, and as a port ${port} is none from 1 to 65535`)
  }
  const history =
    options.history === undefined ? undefined : await openHistoryOf(options.history, options, { signal, note })
  try {
    return await ServerSource.connect({
      history,
      host,
      port,
      streamType,
      tls: tlsOf(options),
      compression: options.compression === false ? false : 'auto',
      signal,
      follow,
      note,
    })
  } catch (error) {
    throw withHint(error, src, streamType)
  }
}

/** Servers end the connection on a wrong stream type without saying why; what they did not read of it makes that a reset. */
function withHint(error: unknown, src: string, streamType: bigint): unknown {
  if (!(error instanceof StreamError) || !['CLOSED', 'RESET'].includes(error.code)) return error
  error.message += `; ${src} may hold a stream of another type than ${streamType} (--stream-type), or expect TLS (--tls)`
  return error
}

/** Whether a stream is that of a sequencer, or was said to be one by how its entries are encoded. */
export async function isSequencerStream(source: StreamSource, { generation }: SourceOptions): Promise<boolean> {
  return generation !== undefined || (await source.getHeader()).streamType === SEQUENCER_STREAM_TYPE
}

/** How the entries of a stream are encoded, if it is the stream of a sequencer. */
export async function encodingOf(
  source: StreamSource,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<Generation | undefined> {
  return (await isSequencerStream(source, options)) ? generationOf(source, options, signal) : undefined
}

/** How the entries of a stream are encoded, taken as the stream of a sequencer. */
export async function generationOf(
  source: StreamSource,
  { generation }: SourceOptions,
  signal: AbortSignal,
): Promise<Generation> {
  if (generation !== undefined) return generation
  return detectGeneration(await source.getHeader(), source.batches({ from: source.firstEntry, follow: false, signal }))
}
