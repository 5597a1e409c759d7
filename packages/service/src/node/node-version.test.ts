import { expect, test } from 'vitest'
import pkg from '../../package.json' with { type: 'json' }
import { nodeProblem } from './node-version.ts'

const ENGINES = '^22.18.0 || ^24.11.0 || >=26'

test.each(['22.18.0', '22.18.1', '22.99.0', '24.11.0', '24.20.3', '26.0.0', '27.1.0', '100.0.0'])(
  '%s is one of them',
  (version) => {
    expect(nodeProblem(ENGINES, version)).toBeUndefined()
  },
)

test.each(['20.1.0', '22.17.9', '23.99.0', '24.10.9', '25.0.0', '8.0.0'])('%s is none of them', (version) => {
  expect(nodeProblem(ENGINES, version)).toBe(
    `needs Node 22.18 or later of 22, 24.11 or later of 24, 26 or later; this is ${version}`,
  )
})

test('this one is one', () => {
  expect(nodeProblem(pkg.engines.node, process.versions.node)).toBeUndefined()
})

test('a range that is not understood is none', () => {
  expect(() => nodeProblem('22.x', '22.18.0')).toThrow('22.x')
})
