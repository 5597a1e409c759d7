export { type AppendedFile, type AppendOptions, appendFile } from './node/append-file.ts'
export { createFile, type FileSink, type NewFile, type NewFileOptions } from './node/file-sink.ts'
export { type FileSource, openFile } from './node/file-source.ts'
export { nativeSnappy } from './node/native-snappy.ts'
