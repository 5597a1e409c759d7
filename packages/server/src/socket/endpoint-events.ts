/** Why a connection was not accepted, each as logs and metrics name it. */
export const REJECT_REASONS = [
  'MAX_CONNECTIONS',
  'MAX_CONNECTIONS_PER_ADDRESS',
  'TLS_FAILED',
  /** The process has hardly any file descriptors left: `ulimit -n`. */
  'DESCRIPTORS',
  /** Too many others came before it had shown that it may stay. */
  'EVICTED',
] as const

export type RejectReason = (typeof REJECT_REASONS)[number]

/** What happens where a server listens. `id` is a connection's, unique in its server. */
export type EndpointEvent =
  | { readonly type: 'listening'; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly type: 'connected'; readonly id: number; readonly remoteAddress: string; readonly remotePort: number }
  | {
      readonly type: 'rejected'
      readonly remoteAddress: string
      readonly reason: RejectReason
      /** The system's or OpenSSL's code, where there is one. */
      readonly code: string | undefined
    }
