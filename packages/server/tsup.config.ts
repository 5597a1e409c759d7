import { preset } from '../../tooling/tsup/preset.ts'

// The worker lies beside the bundle, where the server looks for it.
export default preset({ entry: { index: 'src/index.ts', 'client-worker': 'src/threads/client-worker.ts' } })
