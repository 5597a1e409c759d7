import { project } from '../../tooling/vitest/preset.ts'

export default project('archive', { isolate: false })
