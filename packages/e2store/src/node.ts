export { type FileSource, openFile } from './node/file-source.ts'
