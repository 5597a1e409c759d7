import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsOptions } from '@datastreamer/client'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { Argument, type Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { UsageError } from '../errors.ts'

/** Options of every command that opens a stream. */
export interface SourceOptions {
  readonly streamType: bigint
  readonly generation?: Generation
  readonly tls?: boolean
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsServername?: string
}

/** Give a command the argument SRC and the options that go with it. */
export function takesSource(command: Command): Command {
  return command
    .addArgument(new Argument('<SRC>', 'a stream file, or host:port of a server'))
    .addOption(new Option('--stream-type <n>', 'type that the stream must have').default(1n, '1').argParser(readU64))
    .addOption(
      new Option(
        '--generation <name>',
        'how entries are encoded (default: what the header suggests, or the first bookmark tells)',
      ).choices(GENERATIONS),
    )
    .addOption(new Option('--tls', 'connect with TLS').helpGroup('TLS:'))
    .addOption(new Option('--tls-ca <file>', 'PEM certificates to trust instead of the public ones').helpGroup('TLS:'))
    .addOption(new Option('--tls-cert <file>', 'PEM certificate to show to the server').helpGroup('TLS:'))
    .addOption(new Option('--tls-key <file>', 'PEM private key of that certificate').helpGroup('TLS:'))
    .addOption(new Option('--tls-servername <name>', 'name that the certificate must have').helpGroup('TLS:'))
}

/** What the client needs for TLS, or `undefined` for plain TCP. @throws {UsageError} */
export function tlsOf({ tls, tlsCa, tlsCert, tlsKey, tlsServername }: SourceOptions): TlsOptions | undefined {
  if (!tls && [tlsCa, tlsCert, tlsKey, tlsServername].every((option) => option === undefined)) return undefined
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('USAGE', '--tls-cert and --tls-key go together')
  const authority = tlsCa === undefined ? {} : { ca: read('--tls-ca', tlsCa) }
  tryOut(authority, `--tls-ca ${tlsCa}`)
  const own =
    tlsCert === undefined || tlsKey === undefined
      ? {}
      : { cert: read('--tls-cert', tlsCert), key: read('--tls-key', tlsKey) }
  tryOut(own, `--tls-cert ${tlsCert} and --tls-key ${tlsKey}`)
  return { ...authority, ...own, ...(tlsServername !== undefined && { servername: tlsServername }) }
}

/** @throws {UsageError} */
function tryOut(options: SecureContextOptions, what: string): void {
  try {
    createSecureContext(options)
  } catch (error) {
    throw new UsageError('USAGE', `${what} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

/** Read a PEM file. @throws {UsageError} */
function read(option: string, path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError('USAGE', `${option} ${path}: ${(error as Error).message}`, { cause: error })
  }
  if (text.includes('-----BEGIN ')) return text
  throw new UsageError('USAGE', `${option}: ${path} is no PEM file`)
}
