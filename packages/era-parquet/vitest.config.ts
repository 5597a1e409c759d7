import { project } from '../../tooling/vitest/preset.ts'

export default project('era-parquet', { isolate: false })
