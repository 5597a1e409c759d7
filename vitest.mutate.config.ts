import { matchesGlob } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { project } from './tooling/vitest/preset.ts'

const { test: preset, ...rest } = project('store') as ReturnType<typeof defineConfig> & { readonly test: object }

/** The tests that `pnpm mutate` runs against each mutant: the fast ones, which are those without a LevelDB. */
const FILES = [
  'packages/store/src/{disk,log,bookmarks,lookup,commit-log,write,recovery,store}/**/*.test.ts',
  'packages/store/test/{stream-log,take-over,write-order}.test.ts',
  'packages/store/test/{read-end,committed-boundaries,commit-log,commit-log-faults,commit-records,truncate-commit-log}.test.ts',
  'packages/store/test/{checkpointer,commit-pipeline,foreign-records,log-writer,settle-end,update-in-place}.test.ts',
  'packages/store/test/{after-crash,open-refusals,unreadable-search,crash-named}.test.ts',
  'packages/store/test/bookmarks/{find-bookmark,follow-log,scan}.test.ts',
]

/** They put modules in the place of others, which takes modules that no test has loaded yet. */
const NEED_NEW_MODULES = ['**/disk/exists.test.ts', '**/level-check/reads.test.ts']

/** A mutant is done with the first test that fails: those that are listed first, and are the fastest, go first. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      FILES.findIndex((glob) => matchesGlob(moduleId, `**/${glob}`))
    return files.toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  ...rest,
  test: {
    ...preset,
    include: FILES,
    exclude: NEED_NEW_MODULES,
    // To load everything anew for each file takes longer than its tests.
    isolate: false,
    // A mutant that hangs must not do so for long.
    testTimeout: 10_000,
    hookTimeout: 10_000,
    expect: { poll: { timeout: 5_000 } },
    sequence: { sequencer: InOrder },
  },
})
