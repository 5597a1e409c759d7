import { project } from '../../tooling/vitest/preset.ts'

const { test, ...rest } = project('e2store-mainnet') as { readonly test: object }

export default { ...rest, test: { ...test, include: ['test/verify-era-mainnet.test.ts'] } }
