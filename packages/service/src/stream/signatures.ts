import { formatVerifierKey, type SignerKey } from '@datastreamer/format/signing'
import {
  MAX_SIGNATURES,
  PassedSignatures,
  type SignaturesEvent,
  type SignaturesStatus,
  StreamSignatures,
} from '@datastreamer/server'
import type { StreamLog } from '@datastreamer/store/log'
import type { Registry } from 'prom-client'
import { ConfigError } from '../errors.ts'
import { readSignerKeys } from '../keys/key-files.ts'
import type { Log } from '../log/log.ts'
import { gauge } from '../metrics/instruments.ts'
import type { ConfigOf, OptionTable } from '../options/option.ts'
import type { ServiceContext } from '../run/service.ts'

/** Options of whoever signs a stream. */
export const SIGN_OPTIONS = {
  signKey: {
    type: 'text',
    placeholder: 'file',
    group: 'Clients',
    help: 'sign the stream with the private key in this file, for clients that ask for it; two keys while one is replaced',
  },
  signInterval: {
    type: 'duration',
    unit: 'ms',
    default: 100,
    group: 'Clients',
    help: 'least time between two signatures of the newest entry',
  },
} as const satisfies OptionTable

type Context = Pick<ServiceContext, 'log' | 'metrics' | 'clock'>

/**
 * Sign a stream as the options say; `undefined`: they do not.
 *
 * @throws {ConfigError} `BAD_FILE`, `BAD_KEY`
 * @throws {LockedError} if another process signs it
 * @throws the system's error
 */
export async function signStream(
  stream: StreamLog,
  { signKey, signInterval: intervalMs }: ConfigOf<typeof SIGN_OPTIONS>,
  { log, metrics, clock }: Context,
): Promise<StreamSignatures | undefined> {
  if (signKey === undefined) return undefined
  const keys = await readSignerKeys('--sign-key', signKey)
  if (keys.length > MAX_SIGNATURES) {
    const message = `--sign-key: ${signKey} holds ${keys.length} keys, expected ${MAX_SIGNATURES} at most`
    throw new ConfigError('BAD_KEY', message)
  }
  const onEvent = (event: SignaturesEvent): void => logSignatures(log, event)
  const signatures = await StreamSignatures.open({ log: stream, keys, intervalMs, clock, onEvent })
  observeSignatures(metrics, () => signatures.status)
  logKeys(log, keys)
  return signatures
}

/**
 * Pass on the signatures of another server.
 *
 * @throws {LockedError} if another process keeps up the file beside the stream
 * @throws the system's error
 */
export async function passSignatures(stream: StreamLog, { log, metrics, clock }: Context): Promise<PassedSignatures> {
  const onEvent = (event: SignaturesEvent): void => logSignatures(log, event)
  const signatures = await PassedSignatures.open({ log: stream, clock, onEvent })
  observeSignatures(metrics, () => signatures.status)
  return signatures
}

/** The public keys are what clients have to be given. */
function logKeys(log: Log, keys: readonly SignerKey[]): void {
  const publicKeys = keys.map(formatVerifierKey)
  log.info('signing', `the stream is signed; public key: ${publicKeys.join(' and ')}`, { publicKeys })
}

function logSignatures(log: Log, event: SignaturesEvent): void {
  switch (event.event) {
    case 'ready': {
      const { entries, ms } = event
      const message = `clients may have signatures: the running digests of ${entries} entries are known`
      log.info('signatures-ready', message, { entries, ms: Math.round(ms) })
      return
    }
    case 'differs': {
      const message = `a signature of the upstream before entry ${event.nextEntry} is of another history than the file`
      log.warn('signature-differs', message, { nextEntry: event.nextEntry })
      return
    }
    case 'failed': {
      const message = event.error instanceof Error ? event.error.message : String(event.error)
      log.error('signatures-failed', `signatures are behind: ${message}`, { error: event.error })
    }
  }
}

function observeSignatures(registry: Registry, status: () => SignaturesStatus | undefined): void {
  const hashed = 'Entries whose running digest is known'
  gauge(registry, 'datastreamer_digested_entries', hashed, () => status()?.hashedEntries)
  gauge(registry, 'datastreamer_signed_entries', 'Entries that are signed', () => status()?.signedEntries)
  const time = 'When the newest signature was made, in seconds since 1970'
  gauge(registry, 'datastreamer_signature_time_seconds', time, () => status()?.signedAt)
}
