import { preset } from '../../tooling/tsup/preset.ts'

export default preset({
  entry: ['index', 'exit-code', 'keys', 'node', 'text', 'tls', 'stream'].map((name) => `src/${name}.ts`),
})
