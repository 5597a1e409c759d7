import {
  COMMON_OPTIONS,
  type ConfigOf,
  goDuration,
  goLevel,
  goLogFormat,
  type OptionTable,
} from '@datastreamer/service'
import { PUBLISH_OPTIONS, SIGN_OPTIONS, STORE_OPTIONS } from '@datastreamer/service/stream'

/** Flags of the Go relays, that of cdk-erigon among them. */
export const GO_FLAGS: readonly string[] = [
  ...['c', 'cfg', 'server', 'port', 'file', 'log', 'writetimeout', 'inactivitytimeout'],
  ...['datafile', 'write-timeout', 'inactivity-timeout', 'check-interval'],
]

export const OPTIONS = {
  server: {
    type: 'list',
    placeholder: 'host:port',
    default: ['127.0.0.1:6900'],
    group: 'Upstream',
    help: 'server to follow, tls://host:port for TLS; several are tried in order',
    aliases: { env: ['ZKEVM_STREAM_SERVER'], keys: ['Server'] },
  },
  serverTls: { type: 'boolean', group: 'Upstream', help: 'dial servers with TLS where they do not say tcp://' },
  serverTlsCa: {
    type: 'text',
    placeholder: 'file',
    group: 'Upstream',
    help: 'PEM certificates of those who sign server certificates (default: those of the system); implies --server-tls',
  },
  serverTlsCert: {
    type: 'text',
    placeholder: 'file',
    group: 'Upstream',
    help: 'PEM certificate chain to show to servers; implies --server-tls',
  },
  serverTlsKey: { type: 'text', placeholder: 'file', group: 'Upstream', help: 'PEM private key of that certificate' },
  serverTlsName: {
    type: 'text',
    placeholder: 'name',
    group: 'Upstream',
    help: 'name that server certificates have to be for (default: the host)',
  },
  history: {
    type: 'text',
    placeholder: 'address',
    group: 'Upstream',
    help: 'history of the stream to catch up from before the server: a folder, https:// or s3://bucket/prefix',
  },
  publicKey: {
    type: 'text',
    placeholder: 'key',
    group: 'Upstream',
    help: 'key that must have signed the history, as text or in a file',
  },
  serverPublicKey: {
    type: 'list',
    placeholder: 'keys',
    group: 'Upstream',
    help: 'take only what one of these keys has signed, as text or in files; servers that do not sign are not followed',
  },
  onTruncate: {
    type: 'choice',
    choices: ['refuse', 'follow'],
    default: 'refuse',
    placeholder: 'how',
    group: 'Upstream',
    help: 'when servers have less than the file, or other entries: leave the file as it is, or truncate it to what is common',
  },
  truncateGrace: {
    type: 'duration',
    unit: 'ms',
    default: 5000,
    group: 'Upstream',
    help: 'how long servers have to be shorter than the file before that is a truncation',
  },
  connectTimeout: {
    type: 'duration',
    unit: 'ms',
    default: 10_000,
    group: 'Upstream',
    help: 'longest wait for a connection to a server',
  },
  responseTimeout: {
    type: 'duration',
    unit: 'ms',
    default: 10_000,
    group: 'Upstream',
    help: 'longest wait for an answer of a server, and for entries that it is known to have',
  },
  retryMax: {
    type: 'duration',
    unit: 'ms',
    default: 10_000,
    group: 'Upstream',
    help: 'longest pause before all servers are tried again; it begins with 100 ms',
  },
  readyLag: {
    type: 'u64',
    default: 1000n,
    group: 'Upstream',
    help: 'most entries that the relay may be behind its server to count as ready',
  },
  readyDisconnected: {
    type: 'duration',
    unit: 's',
    default: 10,
    group: 'Upstream',
    help: 'longest time without a server to count as ready',
  },
  file: {
    type: 'text',
    placeholder: 'path',
    default: 'datarelay.bin',
    group: 'Stream',
    help: 'stream file; made if absent',
    aliases: { flags: ['datafile'], env: ['ZKEVM_STREAM_FILE'], keys: ['File'] },
  },
  streamType: { type: 'u64', default: 1n, group: 'Stream', help: 'type of the stream; 1 is a zkEVM sequencer' },
  ...STORE_OPTIONS,
  port: {
    type: 'integer',
    min: 0,
    max: 65_535,
    default: 7900,
    group: 'Clients',
    help: 'port; 0 takes any free one',
    aliases: { env: ['ZKEVM_STREAM_PORT'], keys: ['Port'] },
  },
  host: {
    type: 'host',
    placeholder: 'address',
    default: '0.0.0.0',
    group: 'Clients',
    help: 'address to listen on; 127.0.0.1 for this machine only, :: for IPv6 too',
  },
  ...PUBLISH_OPTIONS,
  ...SIGN_OPTIONS,
  ...COMMON_OPTIONS,
  compression: {
    ...COMMON_OPTIONS.compression,
    help: 'neither ask servers to compress entries, nor do it for clients',
  },
  writeTimeout: {
    ...COMMON_OPTIONS.writeTimeout,
    aliases: {
      flags: ['writetimeout'],
      env: ['ZKEVM_STREAM_WRITETIMEOUT'],
      keys: ['WriteTimeout'],
      translate: goDuration,
    },
  },
  inactivityTimeout: {
    ...COMMON_OPTIONS.inactivityTimeout,
    aliases: {
      flags: ['inactivitytimeout'],
      env: ['ZKEVM_STREAM_INACTIVITYTIMEOUT'],
      keys: ['InactivityTimeout'],
      translate: goDuration,
    },
  },
  logLevel: {
    ...COMMON_OPTIONS.logLevel,
    aliases: {
      flags: ['log'],
      env: ['ZKEVM_STREAM_LOG', 'ZKEVM_STREAM_LOG_LEVEL'],
      keys: ['Log', 'Log.Level'],
      translate: goLevel,
    },
  },
  logFormat: {
    ...COMMON_OPTIONS.logFormat,
    aliases: { env: ['ZKEVM_STREAM_LOG_ENVIRONMENT'], keys: ['Log.Environment'], translate: goLogFormat },
  },
  logOutputs: {
    type: 'list',
    hidden: true,
    group: 'Operation',
    help: 'where the Go relay writes its log; taken, and without effect',
    aliases: { env: ['ZKEVM_STREAM_LOG_OUTPUTS'], keys: ['Log.Outputs'] },
  },
  deleteData: {
    type: 'boolean',
    hidden: true,
    group: 'Operation',
    help: 'whether the Go relay deletes its file before it starts; refused',
    aliases: { env: ['ZKEVM_STREAM_DELETEDATA'], keys: ['DeleteData'] },
  },
  traceLogEnabled: {
    type: 'boolean',
    hidden: true,
    group: 'Operation',
    help: 'whether a fork of the Go relay writes a trace log; taken, and without effect',
    aliases: { env: ['ZKEVM_STREAM_TRACELOGENABLED'], keys: ['TraceLogEnabled'] },
  },
  traceLogPath: {
    type: 'text',
    hidden: true,
    group: 'Operation',
    help: 'where it writes that; taken, and without effect',
    aliases: { env: ['ZKEVM_STREAM_TRACELOGPATH'], keys: ['TraceLogPath'] },
  },
  checkInterval: {
    type: 'duration',
    unit: 's',
    hidden: true,
    group: 'Operation',
    help: 'how often the Go relay looks for inactive clients; taken, and without effect',
    aliases: {
      env: ['ZKEVM_STREAM_INACTIVITYCHECKINTERVAL'],
      keys: ['InactivityCheckInterval'],
      translate: goDuration,
    },
  },
  config: { ...COMMON_OPTIONS.config, aliases: { flags: ['cfg', 'c'] } },
} as const satisfies OptionTable

export type Config = ConfigOf<typeof OPTIONS>

export const EXAMPLES = `Examples:
  datastreamer-relay --server sequencer:6900 --port 7900 --file datarelay.bin
  datastreamer-relay --server tls://a.example:6900 --server tls://b.example:6900 --admin-port 9090
  datastreamer-relay --cfg config.toml                 a configuration of the Go relay`
