import { preset } from '../../tooling/tsup/preset.ts'

export default preset({
  entry: ['src/index.ts', 'src/exit-code.ts', 'src/node.ts', 'src/text.ts', 'src/tls.ts', 'src/stream.ts'],
})
