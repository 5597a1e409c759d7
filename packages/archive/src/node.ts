export { nodeCodecs } from './node/node-codecs.ts'
export { nodeSha256 } from './node/node-sha256.ts'
export { nodeZstdEncoder } from './node/node-zstd.ts'
export { findSegments, openArchive, segmentFile, segmentFolder } from './node/segment-files.ts'
