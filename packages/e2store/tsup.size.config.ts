import { preset } from '../../tooling/tsup/preset.ts'

/** What reads and verifies files, in Node or a browser: measured alone, because in the package it shares chunks. */
const CORE = ['index', 'era', 'execution', 'index-records', 'snappy']

const entry = Object.fromEntries(CORE.map((name) => [name, `src/${name}.ts`]))

export default preset({ entry, platform: 'neutral', outDir: '.pack/core', sourcemap: false })
