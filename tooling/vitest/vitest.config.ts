import { project } from './preset.ts'

export default project('tests')
