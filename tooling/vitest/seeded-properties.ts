import fc from 'fast-check'
import { testSeed } from './seed.ts'

// The preset has settled the seed; the process of a test only gets its number.
fc.configureGlobal({ seed: testSeed() })
