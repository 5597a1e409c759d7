// What may import what. `pnpm graph` checks it; docs/architecture.md says why.

/** What the sources of each package build on, besides what others publish. */
const buildsOn = {
  'packages/runtime': [],
  'packages/format': [],
  'packages/e2store': [],
  'packages/sequencer-entries': ['format'],
  'packages/store': ['format', 'runtime'],
  'packages/server': ['format', 'runtime', 'store'],
  'packages/client': ['format', 'runtime', 'sequencer-entries'],
  'packages/archive': ['format', 'e2store', 'sequencer-entries'],
  'packages/era-history': ['e2store'],
  'packages/era-rpc': ['e2store', 'era-history'],
  'packages/era-parquet': ['e2store', 'era-history'],
  'packages/service': ['runtime', 'format', 'store', 'server', 'archive', 'e2store'],
  'apps/server': ['format', 'runtime', 'sequencer-entries', 'store', 'server', 'service'],
  'apps/relay': [
    'format',
    'runtime',
    'sequencer-entries',
    'store',
    'server',
    'client',
    'e2store',
    'archive',
    'service',
  ],
  'apps/cli': [
    'format',
    'runtime',
    'sequencer-entries',
    'store',
    'server',
    'client',
    'e2store',
    'archive',
    'era-history',
    'era-rpc',
    'era-parquet',
    'service',
    'apps/server',
  ],
}

/** Folders inside `src`, lowest first: files import from their own folder and from lower ones. */
const folders = {
  'packages/store': [
    'disk',
    'log',
    'bookmarks commit-log',
    'lookup scrub',
    'reader write',
    'recovery',
    'store',
    'check',
  ],
  'packages/server': ['socket', 'source tcp', 'signing', 'threads'],
  'packages/client': ['connection', 'query', 'stream', 'resume', 'sequencer source'],
  'packages/e2store': [
    'io',
    'hash records rlp snappy',
    'accumulator index-records trie',
    'era execution ssz',
    'e2i location verify-era',
    'objects',
    'node sidecar trusted',
    'folder',
    'mirror',
  ],
  'packages/archive': [
    'codecs segment',
    'layout-1 tlog',
    'layout-2',
    'archive leaf',
    'export history publish',
    'mirror restore',
    'node',
  ],
  'packages/era-history': ['transactions trust', 'files receipts senders', 'blocks', 'lookup search'],
  'packages/era-rpc': ['protocol text', 'params', 'methods', 'dispatch', 'beacon node'],
  'packages/era-parquet': ['tables', 'file', 'export'],
  'packages/service': ['node text', 'admin keys metrics tls', 'log options', 'run', 'stream'],
  'apps/relay': ['boundaries upstream', 'truncate', 'file', 'follow'],
  'apps/cli': ['output', 'source', 'demo tail write', 'commands e2store history'],
}

const folderOf = (name) => (name.includes('/') ? name : `packages/${name}`)

const packageRules = Object.entries(buildsOn).map(([name, below]) => ({
  name: `${name} builds on ${below.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^${name}/src/` },
  to: { path: '^(packages|apps|tooling)/', pathNot: `^(${[name, ...below.map(folderOf)].join('|')})/` },
}))

const unlistedFolderRules = Object.entries(folders).map(([name, levels]) => ({
  name: `${name}: each folder of src is listed`,
  severity: 'error',
  from: { path: `^${name}/src/` },
  to: { path: `^${name}/src/[^/]+/`, pathNot: `^${name}/src/(${levels.join(' ').replaceAll(' ', '|')})/` },
}))

const folderRules = Object.entries(folders).flatMap(([name, levels]) =>
  levels.flatMap((level, at) => {
    const lower = levels.slice(0, at).flatMap((each) => each.split(' '))
    return level.split(' ').map((folder) => ({
      name: `${name}: ${folder} builds on ${lower.join(', ') || 'no other folder'}`,
      severity: 'error',
      from: { path: `^${name}/src/${folder}/` },
      to: { path: `^${name}/src/[^/]+/`, pathNot: `^${name}/src/(${[folder, ...lower].join('|')})/` },
    }))
  }),
)

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...packageRules,
    ...unlistedFolderRules,
    ...folderRules,
    {
      name: 'each package is listed',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/src/', pathNot: `^(${Object.keys(buildsOn).join('|')})/` },
      to: { path: '^(packages|apps|tooling)/', pathNot: '^$1/$2/' },
    },
    {
      name: 'only the command line, for its demo, uses an app',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: '^apps/cli/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^$1/' },
    },
    {
      name: 'packages/service: only stream knows stores and servers',
      severity: 'error',
      from: { path: '^packages/service/src/', pathNot: '^packages/service/src/stream[/.]' },
      to: { path: '^packages/(archive|e2store|store|server)/' },
    },
    {
      name: 'no package reaches into the src of another',
      severity: 'error',
      from: { path: '^((packages|apps)/[^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no circles of folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '/src/' },
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^(packages|apps|tooling)/',
    exclude: { path: ['/(dist|vectors)/', '/src/.*\\.test\\.ts$'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@datastreamer/source', 'import', 'node', 'default'],
    },
  },
}
