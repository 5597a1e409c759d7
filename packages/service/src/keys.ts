/** The files of keys that sign streams and histories, for programs that are no service: nothing else is loaded with them. */
export { readSignerKeys, readVerifierKeys } from './keys/key-files.ts'
