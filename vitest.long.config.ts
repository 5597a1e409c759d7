import { defineConfig } from 'vitest/config'

/** The long forms of tests, for hours with nothing else to do; how long and from which seed is said by `LONG_*`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@datastreamer/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['{packages,apps}/*/test/**/*.long.test.ts'],
    testTimeout: 4 * 3600 * 1000,
    // One after the other: each takes all that the machine has.
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
})
