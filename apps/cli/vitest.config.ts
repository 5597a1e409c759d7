import { appProject } from '../../tooling/vitest/preset.ts'

export default appProject('cli')
