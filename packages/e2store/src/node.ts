export { type AppendedFile, type AppendOptions, appendFile } from './node/append-file.ts'
export { createFile, type FileSink, type NewFile, type NewFileOptions } from './node/file-sink.ts'
export { type FileSource, openFile } from './node/file-source.ts'
export { lockFolder } from './node/folder-lock.ts'
export { folderLocation } from './node/folder-location.ts'
export { folderObjects } from './node/folder-objects.ts'
export { nativeSnappy } from './node/native-snappy.ts'
export { type OpenLocationOptions, openLocation } from './node/open-location.ts'
export {
  type OpenObjectsOptions,
  type OpenWritableObjectsOptions,
  openObjects,
  openWritableObjects,
} from './node/open-objects.ts'
export { s3FromEnvironment } from './node/s3-environment.ts'
