import { project } from '../../tooling/vitest/preset.ts'

export default project('sequencer-entries', { isolate: false })
