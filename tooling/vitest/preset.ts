import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineProject } from 'vitest/config'
import { testSeed } from './seed.ts'

/** Where Node keeps the compiled sources of programs that tests start: it halves the time that a start takes. */
const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/node-compile-cache')

const SETUP = ['leaked-files.ts', 'seeded-properties.ts', 'equal-bytes.ts']

/** One seed for all packages, each of which loads this anew: each worker gets its number. */
const SEED = String(testSeed())
if (process.env.TEST_SEED === 'fresh') console.log(`TEST_SEED=${SEED} runs the tests with the same values again`)
process.env.TEST_SEED = SEED

export interface ProjectOptions {
  /**
   * Whether each file of tests has a process of its own (default). To load everything again for each file takes longer
   * than the tests of packages that only compute.
   */
  readonly isolate?: boolean
}

/** How every package is tested: from source, without a build. */
export function project(name: string, { isolate = true }: ProjectOptions = {}): ReturnType<typeof defineProject> {
  return defineProject({
    ssr: { resolve: { conditions: ['@datastreamer/source', 'module', 'node', 'development|production'] } },
    test: {
      name,
      isolate,
      // Most of the time a test waits for programs that it started.
      maxWorkers: availableParallelism() + 1,
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      exclude: ['**/*.long.test.ts'],
      setupFiles: SETUP.map((file) => join(import.meta.dirname, file)),
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, TEST_SEED: SEED },
      // What hangs is to end the run, but not what is slow on a busy machine.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      // What is waited for takes no time, but on a busy machine.
      expect: { poll: { interval: 5, timeout: 60_000 } },
    },
  })
}

/** How an app is tested: its processes are bundles of its sources, which start faster. */
export function appProject(name: string): ReturnType<typeof defineProject> {
  const { test, ...rest } = project(name) as { readonly test: { readonly env: object } }
  const globalSetup = [join(import.meta.dirname, '../fixtures/src/bundle-apps.ts')]
  return defineProject({ ...rest, test: { ...test, globalSetup, env: { ...test.env, BUNDLED_APPS: '1' } } })
}
