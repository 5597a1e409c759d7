/** Makes files of made-up blocks, and answers with their sizes. */
import { answerQuestions } from '../harness/process.ts'
import { type MadeFile, makeFile } from '../history/made-up-file.ts'

answerQuestions((file: MadeFile): Promise<number> => makeFile(file))
