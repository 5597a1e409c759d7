import { COMMON_OPTIONS, type ConfigOf, type OptionTable, PROCESS_OPTIONS } from '@datastreamer/service'

const { maxConnections, inactivityTimeout } = COMMON_OPTIONS

export const OPTIONS = {
  locations: {
    type: 'list',
    operand: 'DIR|URL',
    help: 'where the files are: folders, http(s):// or s3:// addresses; also of single files',
  },
  network: {
    type: 'text',
    placeholder: 'name',
    group: 'Files',
    help: 'the network to serve; of mainnet, files then have to have its roots',
  },
  chainId: { type: 'u64', group: 'Files', help: 'chain id of a network that is not known by its name' },
  trust: {
    type: 'choice',
    choices: ['roots', 'require', 'none'],
    default: 'roots',
    placeholder: 'mode',
    group: 'Files',
    help: 'answer what fits its file and no trusted root contradicts, only what leads to one, or anything',
  },
  accumulators: {
    type: 'text',
    placeholder: 'file',
    group: 'Files',
    help: 'trusted accumulators of files before the merge: a hash a line, line 1 is file 0',
  },
  historyRoots: {
    type: 'text',
    placeholder: 'file',
    group: 'Files',
    help: 'an .era whose last state is trusted, for proofs of blocks after the merge',
  },
  beaconConfig: {
    type: 'text',
    placeholder: 'file',
    group: 'Files',
    help: 'config.yaml of the beacon chain of .era files whose network is not known by its name',
  },
  refresh: {
    type: 'duration',
    unit: 's',
    default: 0,
    group: 'Files',
    help: 'look for new files so often; 0 is never',
  },
  port: { type: 'integer', min: 0, max: 65_535, default: 8545, group: 'Clients', help: 'port; 0 takes any free one' },
  host: {
    type: 'host',
    placeholder: 'address',
    default: '127.0.0.1',
    group: 'Clients',
    help: 'address to listen on; 0.0.0.0 or :: for all of this machine',
  },
  httpVhosts: {
    type: 'list',
    placeholder: 'names',
    default: ['localhost'],
    group: 'Clients',
    help: 'names beside addresses that it is asked under; * is any',
  },
  httpCorsdomain: {
    type: 'list',
    placeholder: 'origins',
    group: 'Clients',
    help: 'origins of web pages that may ask; * is any',
  },
  maxConnections,
  inactivityTimeout: {
    ...inactivityTimeout,
    help: 'disconnect a client on whose connection nothing moves for so long',
  },
  fallback: {
    type: 'text',
    placeholder: 'url',
    group: 'Answers',
    help: 'JSON-RPC server that is asked for what no file has; its answers are passed on unverified',
  },
  fallbackTimeout: { type: 'duration', unit: 's', default: 10, group: 'Answers', help: 'longest that it may take' },
  requestTimeout: {
    type: 'duration',
    unit: 's',
    default: 30,
    group: 'Answers',
    help: 'longest that an answer takes; 0 is no limit',
  },
  maxLogs: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: 10_000,
    group: 'Answers',
    help: 'most logs that eth_getLogs answers, but for one block',
  },
  maxSearchTime: {
    type: 'duration',
    unit: 's',
    default: 10,
    group: 'Answers',
    help: 'longest that eth_getLogs searches; 0 is no limit',
  },
  totalDifficulty: { type: 'boolean', group: 'Answers', help: 'give blocks their total difficulty, as nodes once did' },
  ...PROCESS_OPTIONS,
} as const satisfies OptionTable

export type Config = ConfigOf<typeof OPTIONS>

export const EXAMPLES = `Examples:
  datastreamer e2store serve mainnet-era1
  datastreamer e2store serve mainnet-era1 https://era.example.org/mainnet --fallback http://127.0.0.1:8546
  datastreamer e2store serve s3://archive/sepolia --host 0.0.0.0 --http-vhosts rpc.example.org --admin-port 9090`
