export { ErrorCounter } from './stream/observe-store.ts'
export { ObservedStore, STORE_OPTIONS, scrubOf } from './stream/observed-store.ts'
export { checkSource, type SourceConfig, type SourceListening, SourceService } from './stream/source-service.ts'
export { type ServingConfig, StreamService } from './stream/stream-service.ts'
