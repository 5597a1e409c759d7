import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'packages/*/vitest.*.config.ts', 'apps/*', 'tooling/*/vitest.config.ts'],
    reporters: ['default', './tooling/vitest/summary.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**', 'apps/*/src/**'],
      exclude: ['**/gen/**', '**/*.test.ts'],
      reporter: ['text-summary'],
    },
  },
})
