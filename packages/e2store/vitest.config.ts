import { project } from '../../tooling/vitest/preset.ts'

const { test, ...rest } = project('e2store') as { readonly test: { readonly exclude: readonly string[] } }

/**
 * To load everything again for each file takes longer than most tests. A process can only use one SSZ preset: the tests
 * with that of mainnet run in processes of their own, by `vitest.mainnet.config.ts`.
 */
export default {
  ...rest,
  test: { ...test, exclude: [...test.exclude, '**/verify-era-mainnet.test.ts'], isolate: false },
}
