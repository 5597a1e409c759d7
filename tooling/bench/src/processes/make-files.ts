/** Makes files of made-up blocks, and answers with the roots of their accumulators. */
import { answerQuestions } from '../harness/process.ts'
import { type MadeFile, makeFile } from '../history/made-up-file.ts'

export type MakeFilesQuestion = MadeFile

answerQuestions((file: MakeFilesQuestion): Promise<string> => makeFile(file))
