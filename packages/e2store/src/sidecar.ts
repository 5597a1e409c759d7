export { type BuildSidecarOptions, buildSidecar } from './sidecar/build.ts'
export { SidecarCache } from './sidecar/chunk-cache.ts'
export { StaleSidecarError } from './sidecar/errors.ts'
export type { SidecarHeader, SidecarIdentity } from './sidecar/header.ts'
export type { PartShape } from './sidecar/layout.ts'
export {
  type LogQuery,
  openSidecar,
  Sidecar,
  type SidecarOptions,
  type TransactionCandidate,
} from './sidecar/sidecar.ts'
