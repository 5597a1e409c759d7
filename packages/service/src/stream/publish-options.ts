import { extname } from 'node:path'
import type { SignerKey } from '@datastreamer/format/signing'
import { ConfigError } from '../errors.ts'
import { readSignerKeys } from '../keys/key-files.ts'
import type { ConfigOf, OptionTable } from '../options/option.ts'

/** Options of whoever publishes the stream that it serves as a history. */
export const PUBLISH_OPTIONS = {
  historyPublish: {
    type: 'text',
    placeholder: 'address',
    group: 'History',
    help: 'publish the stream as a history: to a folder, or s3://bucket/prefix',
  },
  historyKey: {
    type: 'text',
    placeholder: 'file',
    group: 'History',
    help: 'private key that signs it (datastreamer history keygen makes one)',
  },
  historyLag: {
    type: 'text',
    placeholder: 'n',
    default: '0',
    group: 'History',
    help: 'seal a segment when the stream is so many entries longer, or with a b blocks: 1000, 100b',
  },
  historyState: {
    type: 'text',
    placeholder: 'folder',
    group: 'History',
    help: 'where what was sealed and signed is kept (default: beside the stream file, with the extension .publisher)',
  },
} as const satisfies OptionTable

type PublishConfig = ConfigOf<typeof PUBLISH_OPTIONS>

/** How much longer than the end of a segment the stream has to be before it is sealed. */
export type PublishLag = { readonly entries: number } | { readonly blocks: number }

/** What is published where. */
export interface PublishTarget {
  readonly destination: string
  readonly keys: readonly SignerKey[]
  readonly lag: PublishLag
  /** The folder of the state, if one was named. */
  readonly state: string | undefined
}

/**
 * What the options say of publishing; `undefined` if nothing is published. Nothing is requested.
 *
 * @throws {ConfigError} naming the option
 */
export async function readPublishTarget(config: PublishConfig): Promise<PublishTarget | undefined> {
  const { historyPublish: destination, historyKey, historyLag, historyState: state } = config
  if (destination === undefined) {
    if (historyKey === undefined && state === undefined) return undefined
    const option = historyKey === undefined ? '--history-state' : '--history-key'
    throw new ConfigError('CONFLICT', `${option} needs --history-publish`)
  }
  if (historyKey === undefined) throw new ConfigError('CONFLICT', '--history-publish needs --history-key')
  const keys = await readSignerKeys('--history-key', historyKey)
  await checkDestination(destination)
  return { destination, keys, lag: readLag(historyLag), state }
}

/** The folder of a publisher's state beside a stream file. */
export function stateBeside(file: string): string {
  return `${file.slice(0, file.length - extname(file).length)}.publisher`
}

/** Read `1000` entries, or `100b` blocks. */
function readLag(text: string): PublishLag {
  const [, digits, unit] = /^([0-9]{1,15})(b?)$/.exec(text) ?? []
  if (digits !== undefined) return unit === 'b' ? { blocks: Number(digits) } : { entries: Number(digits) }
  throw new ConfigError('BAD_VALUE', `--history-lag: "${text}" is not a number of entries, or of blocks as 100b`)
}

async function checkDestination(destination: string): Promise<void> {
  // Loaded by who publishes only.
  const { openWritableObjects } = await import('@datastreamer/e2store/node')
  try {
    const objects = await openWritableObjects(destination)
    await objects[Symbol.asyncDispose]()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new ConfigError('BAD_VALUE', `--history-publish: ${error.message}`, { cause: error })
  }
}
