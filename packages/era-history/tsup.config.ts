import { preset } from '../../tooling/tsup/preset.ts'

// The worker lies beside the bundle, where its threads look for it.
export default preset({ entry: { index: 'src/index.ts', 'recover-worker': 'src/senders/recover-worker.ts' } })
