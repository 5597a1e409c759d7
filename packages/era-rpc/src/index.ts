export type { CallReport, Fallback, OnCall } from './dispatch/caller.ts'
export { type Answer, type AnswerOptions, Rpc, type RpcOptions } from './dispatch/rpc.ts'
export type { JsonText } from './protocol/json-text.ts'
export { RpcCode } from './protocol/rpc-error.ts'
