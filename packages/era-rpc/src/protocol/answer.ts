import { asciiJson, type JsonText } from './json-text.ts'
import type { RpcError } from './rpc-error.ts'

/** JSON of an answer with a result. @param id JSON of the request's */
export function resultAnswer(id: string, result: JsonText): JsonText {
  const head = `{"jsonrpc":"2.0","id":${id},"result":`
  return typeof result === 'string' ? `${head}${result}}` : [head, ...result, '}']
}

/** JSON of an answer with an error. */
export function errorAnswer(id: string, { code, message, data }: RpcError): string {
  const more = data === undefined ? '' : `,"data":${asciiJson(data)}`
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":${asciiJson(message)}${more}}}`
}
