export { type BuildSidecarOptions, buildSidecar } from './sidecar/build.ts'
export { checkSidecar } from './sidecar/check.ts'
export { SidecarCache } from './sidecar/chunk-cache.ts'
export { StaleSidecarError } from './sidecar/errors.ts'
export type { SidecarHeader, SidecarIdentity } from './sidecar/header.ts'
export { type PartShape, SIDECAR_EXTENSION, SidecarRecord } from './sidecar/layout.ts'
export {
  type LogQuery,
  openSidecar,
  Sidecar,
  type SidecarOptions,
  type TransactionCandidate,
} from './sidecar/sidecar.ts'
export { verifySidecar } from './sidecar/verify.ts'
