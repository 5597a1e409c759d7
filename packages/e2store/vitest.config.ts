import { project } from '../../tooling/vitest/preset.ts'

const { test, ...rest } = project('e2store', { isolate: false }) as {
  readonly test: { readonly exclude: readonly string[] }
}

/** A process can only use one SSZ preset: the tests with that of mainnet run by `vitest.mainnet.config.ts`. */
export default {
  ...rest,
  test: { ...test, exclude: [...test.exclude, '**/verify-era-mainnet.test.ts'] },
}
