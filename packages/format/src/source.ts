export {
  addSourceAdditions,
  decodeSourceMessage,
  type SourceAdditions,
  type SourceMessage,
  sourceMessageBytes,
} from './source/additions.ts'
export {
  decodeSourceAnswer,
  encodeCommittedAnswers,
  encodeSourceAnswer,
  SOURCE_DIGEST_BYTES,
  type SourceAnswer,
  SourceAnswerType,
  type SourceFault,
} from './source/answer.ts'
export { SourceCode, type SourceCodeName, sourceCodeName } from './source/codes.ts'
export { MAX_SOURCE_MESSAGE_BYTES, MAX_SOURCE_TEXT_BYTES, SOURCE_PROTOCOL_VERSION } from './source/frame.ts'
export type { OtherHello, SourceHello } from './source/hello.ts'
export { type MessageDecoder, type MessageLength, MessageReader } from './source/message-reader.ts'
export {
  decodeSourceRequest,
  encodeSourceRequest,
  type SourceRequest,
  SourceRequestType,
  sourceRequestBytes,
  writeSourceRequest,
} from './source/request.ts'
export type { CommitResult, StreamWriter } from './source/stream-writer.ts'
