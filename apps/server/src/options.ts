import { COMMON_OPTIONS, type ConfigOf, type OptionTable } from '@datastreamer/service'
import { PUBLISH_OPTIONS, SIGN_OPTIONS, STORE_OPTIONS } from '@datastreamer/service/stream'

/** Flags of the Go command's `server`. */
export const GO_FLAGS: readonly string[] = ['port', 'file', 'log', 'writetimeout', 'inactivitytimeout']

export const OPTIONS = {
  file: {
    type: 'text',
    placeholder: 'path',
    default: 'data-stream.bin',
    group: 'Stream',
    help: 'stream file; made if absent, unless it is only read',
  },
  readOnly: { type: 'boolean', group: 'Stream', help: 'serve the file as it is, never write to it' },
  follow: { type: 'boolean', group: 'Stream', help: 'serve a file that another process appends to' },
  streamType: { type: 'u64', default: 1n, group: 'Stream', help: 'type of the stream; 1 is a zkEVM sequencer' },
  systemId: { type: 'u64', group: 'Stream', help: 'system id of the stream, e.g. the chain id (new files: 0)' },
  fileVersion: {
    type: 'integer',
    min: 0,
    max: 255,
    group: 'Stream',
    help: "version of the entries' encoding (new files: 2, protobuf)",
  },
  ...STORE_OPTIONS,
  demo: { type: 'boolean', group: 'Stream', help: 'write made-up L2 blocks to the file; goes on where the file ends' },
  demoBlockTime: { type: 'duration', unit: 'ms', default: 1000, group: 'Stream', help: 'time between two of them' },
  port: { type: 'integer', min: 0, max: 65_535, default: 6900, group: 'Clients', help: 'port; 0 takes any free one' },
  host: {
    type: 'host',
    placeholder: 'address',
    default: '127.0.0.1',
    group: 'Clients',
    help: 'address to listen on; 0.0.0.0 or :: for all of this machine',
  },
  ...SIGN_OPTIONS,
  sourcePort: {
    type: 'integer',
    min: 0,
    max: 65_535,
    group: 'Source',
    help: 'let a sequencer in another process write the stream, on this port (usually 6901); 0 takes any free one',
  },
  sourceHost: {
    type: 'host',
    placeholder: 'address',
    default: '127.0.0.1',
    group: 'Source',
    help: 'address to listen on; any but this machine needs a token or client certificates',
  },
  sourceToken: {
    type: 'text',
    placeholder: 'secret',
    group: 'Source',
    help: 'what a source has to send to be accepted; a flag can be seen by others of this machine, a variable cannot',
  },
  sourceTls: { type: 'boolean', group: 'Source', help: 'TLS, with the certificate of --tls-cert and --tls-key' },
  sourceClientCa: {
    type: 'text',
    placeholder: 'file',
    group: 'Source',
    help: 'PEM certificates of those who sign certificates of sources, which then have to show one',
  },
  ...PUBLISH_OPTIONS,
  ...COMMON_OPTIONS,
  writeTimeout: { ...COMMON_OPTIONS.writeTimeout, aliases: { flags: ['writetimeout'] } },
  inactivityTimeout: { ...COMMON_OPTIONS.inactivityTimeout, aliases: { flags: ['inactivitytimeout'] } },
  logLevel: { ...COMMON_OPTIONS.logLevel, aliases: { flags: ['log'] } },
} as const satisfies OptionTable

export type Config = ConfigOf<typeof OPTIONS>

export const EXAMPLES = `Examples:
  datastreamer-server --file data-stream.bin --port 6900
  datastreamer-server --read-only --file copy-of-a-stream.bin --host 0.0.0.0
  datastreamer-server --source-port 6901
  datastreamer-server --demo --demo-block-time 500ms --admin-port 9090`
