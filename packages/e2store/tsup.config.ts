import { preset } from '../../tooling/tsup/preset.ts'

const ENTRIES = [
  'index',
  'era',
  'execution',
  'index-records',
  'snappy',
  'node',
  'verify-era',
  'location',
  'objects',
  'mirror',
  'sidecar',
  'ssz',
  'trusted',
  'folder',
]

// Threads look for their program beside the bundle.
const WORKERS = { 'hash-worker': 'src/mirror/manifest/hash-worker.ts' }

const entry = { ...Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])), ...WORKERS }

export default preset({ entry, platform: 'neutral' })
