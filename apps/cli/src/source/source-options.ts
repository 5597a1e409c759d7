import type { ClientTlsOptions } from '@datastreamer/runtime'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { loadClientTls, type TlsFlags } from '@datastreamer/service/tls'
import { Argument, type Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'

/** Options of every command that opens a stream. */
export interface SourceOptions {
  readonly streamType: bigint
  readonly generation?: Generation
  /** `false` with `--no-compression`. */
  readonly compression?: boolean
  readonly publicKey?: string
  readonly history?: string
  readonly tls?: boolean
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsServername?: string
}

/** Give a command the argument SRC and the options that go with it. */
export function takesSource(command: Command): Command {
  return command
    .addArgument(new Argument('<SRC>', 'a stream file, host:port of a server, or a history: a folder, https://, s3://'))
    .addOption(new Option('--stream-type <n>', 'type that the stream must have').default(1n, '1').argParser(readU64))
    .addOption(
      new Option(
        '--generation <name>',
        'how entries are encoded (default: what the header suggests, or the first bookmark shows)',
      ).choices(GENERATIONS),
    )
    .addOption(new Option('--no-compression', 'do not ask a server to compress entries'))
    .addOption(publicKeyOption())
    .addOption(
      new Option(
        '--history <address>',
        "history of a server's stream: what it has is read from it, the rest from the server",
      ),
    )
    .addOption(new Option('--tls', 'connect with TLS').helpGroup('TLS:'))
    .addOption(new Option('--tls-ca <file>', 'PEM certificates to trust instead of the public ones').helpGroup('TLS:'))
    .addOption(new Option('--tls-cert <file>', 'PEM certificate to show to the server').helpGroup('TLS:'))
    .addOption(new Option('--tls-key <file>', 'PEM private key of that certificate').helpGroup('TLS:'))
    .addOption(new Option('--tls-servername <name>', 'name that the certificate must have').helpGroup('TLS:'))
}

/** Whose history is believed. */
export function publicKeyOption(): Option {
  return new Option('--public-key <key>', 'key that must have signed a history, as text or in a file')
}

/** What they are called, for hints. */
export const TLS_FLAGS: TlsFlags = { ca: '--tls-ca', cert: '--tls-cert', name: '--tls-servername', on: '--tls' }

/** What the client needs for TLS, or `undefined` for plain TCP. @throws {ConfigError} naming the option */
export function tlsOf({ tls, tlsCa, tlsCert, tlsKey, tlsServername }: SourceOptions): ClientTlsOptions | undefined {
  if (!tls && [tlsCa, tlsCert, tlsKey, tlsServername].every((option) => option === undefined)) return undefined
  return loadClientTls('--tls', { ca: tlsCa, cert: tlsCert, key: tlsKey, servername: tlsServername })
}
