export { type BeaconSsz, type BeaconState, lodestarSsz, SetupError } from './verify-era/beacon-ssz.ts'
export {
  BEACON_NETWORKS,
  type BeaconFork,
  type BeaconNetwork,
  beaconNetwork,
  forkAt,
  type PresetName,
} from './verify-era/network.ts'
export { nobleBls, type VerifySignature } from './verify-era/signature.ts'
export { type FullEraReport, type FullVerifyOptions, verifyEraFully } from './verify-era/verify.ts'
