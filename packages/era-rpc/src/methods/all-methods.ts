import { blockMethods } from './block-methods.ts'
import { chainMethods } from './chain-methods.ts'
import { logMethods } from './log-methods.ts'
import { type Method, reading } from './method.ts'
import { rawMethods } from './raw-methods.ts'
import { transactionMethods } from './transaction-methods.ts'

/** All that is served, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...chainMethods,
    ...logMethods,
    ...reading({ ...blockMethods, ...transactionMethods, ...rawMethods }),
  }),
)
