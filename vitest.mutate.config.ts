import { defineConfig } from 'vitest/config'
import { project } from './tooling/vitest/preset.ts'

const { test: preset, ...rest } = project('server') as ReturnType<typeof defineConfig> & { readonly test: object }

/** The tests that `pnpm mutate` runs against each mutant: those that are fast, and look at what is mutated. */
export default defineConfig({
  ...rest,
  test: {
    ...preset,
    include: ['packages/server/src/{store,log,disk,bookmarks}/**/*.test.ts', 'packages/server/test/**/*.test.ts'],
    exclude: ['**/*.long.test.ts', '**/test/{fanout,limits,readme,sigkill,source*,tcp-*}.test.ts'],
    // Whole sets of crash histories take minutes, for each mutant that survives them.
    testNamePattern: '^(?!fsync |histories of seeds)',
  },
})
