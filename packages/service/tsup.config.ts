import { preset } from '../../tooling/tsup/preset.ts'

const ENTRIES = ['index', 'exit-code', 'keys', 'node', 'text', 'tls', 'stream']

// The worker lies beside the bundle, where the service looks for it.
export default preset({
  entry: {
    ...Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])),
    'publish-worker': 'src/stream/publish-worker.ts',
  },
})
