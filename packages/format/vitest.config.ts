import { project } from '../../tooling/vitest/preset.ts'

export default project('format', { isolate: false })
