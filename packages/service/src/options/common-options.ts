import type { OptionTable } from './option.ts'

/** Options of services that serve a stream: who may connect. */
const CLIENT_OPTIONS = {
  writeTimeout: {
    type: 'duration',
    unit: 'ms',
    default: 3000,
    group: 'Clients',
    help: 'disconnect a client that takes none of its bytes for so long; 0 is never',
  },
  inactivityTimeout: {
    type: 'duration',
    unit: 's',
    default: 120,
    group: 'Clients',
    help: 'disconnect a client that is not streaming and sends nothing for so long; 0 is never',
  },
  readerThreads: {
    type: 'integer',
    min: 0,
    max: 64,
    default: 0,
    placeholder: 'count',
    group: 'Clients',
    help: 'serve clients in so many threads of their own, so that they and commits do not wait for each other; 0: in none',
  },
  maxConnections: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: 1000,
    group: 'Clients',
    help: 'most clients at a time; 0 is no limit',
  },
  maxConnectionsPerAddress: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: 0,
    group: 'Clients',
    help: 'most clients at a time from one IPv4 address or IPv6 network of 64 bits; 0 is no limit',
  },
  keepOpenOnStateError: {
    type: 'boolean',
    foreignDefault: true,
    group: 'Clients',
    help: 'do not disconnect a client whose command does not fit what it does, as the Go server does not',
  },
  compression: {
    type: 'boolean',
    default: true,
    group: 'Clients',
    help: 'do not compress entries, also for clients that ask for it',
  },
} as const satisfies OptionTable

/** Options of every service: TLS, admin endpoint, shutdown, logs, configuration file. */
export const PROCESS_OPTIONS = {
  tlsCert: {
    type: 'text',
    placeholder: 'file',
    group: 'TLS',
    help: 'PEM certificate chain; clients then have to use TLS',
  },
  tlsKey: { type: 'text', placeholder: 'file', group: 'TLS', help: 'PEM private key of the certificate' },
  tlsClientCa: {
    type: 'text',
    placeholder: 'file',
    group: 'TLS',
    help: 'PEM certificates of those who sign client certificates; clients then have to show one',
  },
  adminPort: {
    type: 'integer',
    min: 0,
    max: 65_535,
    group: 'Operation',
    help: 'serve /healthz, /readyz, /metrics and /api/status there; 0 takes any free port',
  },
  adminHost: {
    type: 'host',
    placeholder: 'address',
    default: '127.0.0.1',
    group: 'Operation',
    help: 'address that the admin endpoint listens on',
  },
  adminAllowedHosts: {
    type: 'list',
    placeholder: 'names',
    group: 'Operation',
    help: 'names beside its addresses, localhost and its own that the admin endpoint is asked under; * is any',
  },
  adminTls: { type: 'boolean', group: 'Operation', help: 'HTTPS on the admin port, with the certificates of --tls-*' },
  shutdownTimeout: {
    type: 'duration',
    unit: 'ms',
    default: 5000,
    group: 'Operation',
    help: 'longest that ending on SIGTERM or SIGINT may take, whatever it waits for; a second signal ends at once',
  },
  endWithStdin: {
    type: 'boolean',
    hidden: true,
    group: 'Operation',
    help: 'end when standard input does: for programs that start a service, and must not leave it behind when they die',
  },
  logLevel: {
    type: 'choice',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    placeholder: 'level',
    group: 'Operation',
    help: 'least important lines to write',
  },
  logFormat: {
    type: 'choice',
    choices: ['pretty', 'json'],
    default: 'pretty',
    placeholder: 'format',
    group: 'Operation',
    help: 'lines for people or for machines, on standard error',
  },
  config: { type: 'text', placeholder: 'file', group: 'Operation', help: 'configuration file: TOML, .yaml or .json' },
} as const satisfies OptionTable

/** Options of every service that serves a stream. */
export const COMMON_OPTIONS = { ...CLIENT_OPTIONS, ...PROCESS_OPTIONS } as const satisfies OptionTable
