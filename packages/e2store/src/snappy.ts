export { portableSnappy, type SnappyCodec } from './snappy/codec.ts'
export { type FramedEncodeOptions, snappyFramedEncode } from './snappy/encode.ts'
export { type FramedDecodeOptions, snappyFramedDecode } from './snappy/framed.ts'
export { type FramedRegion, iterateFramed, readFramedPrefix } from './snappy/framed-source.ts'
