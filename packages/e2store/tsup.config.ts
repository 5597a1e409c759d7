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
  'mirror',
  'sidecar',
  'ssz',
]

export default preset({ entry: ENTRIES.map((name) => `src/${name}.ts`), platform: 'neutral' })
