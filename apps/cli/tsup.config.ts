import { preset } from '../../tooling/tsup/preset.ts'

// The worker lies beside the bundle, where the command looks for it.
export default preset({ entry: { main: 'src/main.ts', 'index-worker': 'src/e2store/index-worker.ts' } })
