import type { Header } from '@datastreamer/format'
import { ConfigError, type ServiceContext } from '@datastreamer/service'
import { ErrorCounter, ObservedStore, scrubOf } from '@datastreamer/service/stream'
import { nodeDisk, openReader, RefusedError, type StreamReader, type StreamStore } from '@datastreamer/store'
import { DEMO_CHAIN_ID } from './demo-sequencer.ts'
import type { Config } from './options.ts'

export type Mode = 'write' | 'read-only' | 'follow'

/** The stream that is served, and who writes it. */
export interface OpenStream {
  readonly mode: Mode
  readonly reader: StreamReader
  /** There in mode `write`. */
  readonly store: StreamStore | undefined
  /** Why nothing more can be written, if that is so. */
  problem(): string | undefined
}

/**
 * Open the file as the options say.
 *
 * @throws {ConfigError} `CONFLICT`
 * @throws whatever the file is not fit for
 */
export async function openStream(config: Config, context: ServiceContext): Promise<OpenStream> {
  const reads = config.readOnly || config.follow
  const mode = config.follow ? 'follow' : 'read-only'
  if (config.demo && reads) throw new ConfigError('CONFLICT', `--demo writes, --${mode} only reads`)
  if (config.sourcePort !== undefined && (reads || config.demo)) {
    const message = `--source-port lets a source write, --${config.demo ? 'demo writes itself' : `${mode} only reads`}`
    throw new ConfigError('CONFLICT', message)
  }
  return reads ? openForReading(config, context) : openForWriting(config, context)
}

async function openForReading(config: Config, { log, metrics, clock }: ServiceContext): Promise<OpenStream> {
  const { file, follow, streamType } = config
  const errors = new ErrorCounter(metrics)
  let problem: Error | undefined
  const onProblem = (found: Error | undefined): void => {
    problem = found
    if (found === undefined) {
      log.info('follow-recovered', `${file} fits its header again`)
      return
    }
    errors.count(found)
    log.error('follow-failed', found.message, { error: found })
  }
  const reader = await openReader({ file, follow, streamType, clock, onProblem })
  try {
    checkIdentity(reader.getHeader(), config)
  } catch (error) {
    await reader.close()
    throw error
  }
  return { mode: follow ? 'follow' : 'read-only', reader, store: undefined, problem: () => problem?.message }
}

/** A generation of the header that has no place for version and system id cannot differ in them. */
function checkIdentity({ generation, version, systemId }: Header, { file, ...asked }: Config): void {
  const differs = (what: string, found: unknown, expected: unknown): RefusedError => {
    return new RefusedError('STREAM_DIFFERS', `${file} holds a stream of ${what} ${found}, asked for was ${expected}`)
  }
  if (generation !== 3) return
  if (asked.fileVersion !== undefined && asked.fileVersion !== version) {
    throw differs('version', version, asked.fileVersion)
  }
  if (asked.systemId !== undefined && asked.systemId !== systemId) throw differs('system id', systemId, asked.systemId)
}

async function openForWriting(config: Config, context: ServiceContext): Promise<OpenStream> {
  const { file, streamType, fsync, fsyncInterval, fileVersion, demo, mustExist } = config
  const systemId = config.systemId ?? (demo && !(await nodeDisk.exists(file)) ? DEMO_CHAIN_ID : undefined)
  const observed = new ObservedStore(context)
  const store = await observed.open({
    file,
    mustExist,
    streamType,
    systemId,
    version: fileVersion,
    fsync,
    fsyncIntervalMs: fsyncInterval,
    scrub: scrubOf(config),
  })
  return { mode: 'write', reader: store, store, problem: () => observed.problem }
}
