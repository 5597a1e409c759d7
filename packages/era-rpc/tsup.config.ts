import { preset } from '../../tooling/tsup/preset.ts'

export default preset({ entry: ['src/index.ts', 'src/node.ts', 'src/beacon.ts'] })
