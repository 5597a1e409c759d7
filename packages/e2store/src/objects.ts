export { type HttpObjectsOptions, httpObjects } from './objects/http-objects.ts'
export {
  type MemoryObjects,
  type MemoryObjectsOptions,
  memoryObjects,
  type ObjectsCall,
  type StoredObject,
} from './objects/memory-objects.ts'
export type { RemoteObjectsOptions } from './objects/object-server.ts'
export type {
  GetObjectOptions,
  GetObjectRangeOptions,
  ObjectKind,
  Objects,
  PutObjectOptions,
  ReadObjectOptions,
  WritableObjects,
} from './objects/objects.ts'
export { type S3ObjectsOptions, s3Objects } from './objects/s3-objects.ts'
