/** All that runs everywhere. No name is in two of the entry points: the compiler would reject this file. */
export * from '../../src/era.ts'
export * from '../../src/execution.ts'
export * from '../../src/index.ts'
export * from '../../src/index-records.ts'
export * from '../../src/location.ts'
export * from '../../src/sidecar.ts'
export * from '../../src/snappy.ts'
