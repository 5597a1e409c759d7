export type { Clock, Timer, TimerOptions } from './clock.ts'
export { ConnectionLimit, type ConnectionLimitOptions } from './connection-limit.ts'
export { Deadline } from './deadline.ts'
export { isIPv4, isIPv6 } from './ip.ts'
export { kindOfFile } from './kind-of-file.ts'
export type {
  ClientTlsOptions,
  Net,
  NetAddress,
  NetDialOptions,
  NetListener,
  NetListenOptions,
  NetSocket,
  ServerTlsOptions,
  TlsAcceptor,
  TlsAcceptorOptions,
} from './net.ts'
export { nodeNet } from './node-net.ts'
export { isOwnAddress } from './own-address.ts'
export { sha256Into } from './sha256-into.ts'
export { plainAddress, shareOf } from './share-of.ts'
export { type SleepOptions, sleep } from './sleep.ts'
export { systemClock } from './system-clock.ts'
