import { preset } from '../../tooling/tsup/preset.ts'

// The worker lies beside the bundle, where the bookmark index looks for it.
export default preset({
  entry: {
    index: 'src/index.ts',
    log: 'src/log.ts',
    check: 'src/check.ts',
    'level-worker': 'src/bookmarks/level-worker.ts',
  },
})
