export { nodeSha256 } from './node/node-sha256.ts'
export { findSegments, openArchive, segmentFile, segmentFolder } from './node/segment-files.ts'
