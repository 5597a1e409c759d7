export type { BeaconAnswer } from './beacon/api/answer.ts'
export { BeaconApi, type BeaconRequest } from './beacon/api/beacon-api.ts'
export {
  BeaconArchive,
  type BeaconArchiveOptions,
  type VerifiedState,
} from './beacon/archive/beacon-archive.ts'
export type { VerifiedBlock } from './beacon/archive/blocks.ts'
export { type BeaconCode, BeaconError } from './beacon/errors.ts'
export { type BeaconHandlerOptions, beaconHandler } from './beacon/handler.ts'
export { knownNetwork, type NetworkDescription, parseNetworkConfig } from './beacon/network.ts'
