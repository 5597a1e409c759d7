export type { HttpHandler } from './node/http-handler.ts'
export { RpcServer, type RpcServerOptions } from './node/rpc-server.ts'
