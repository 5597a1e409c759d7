import { preset } from '../../tooling/tsup/preset.ts'

export default preset({ platform: 'neutral', entry: ['src/index.ts', 'src/source.ts', 'src/signing.ts'] })
