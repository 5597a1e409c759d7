import { goArguments, runService } from '@datastreamer/service'
import { GO_FLAGS } from './options.ts'
import { program } from './program.ts'

await runService(program, goArguments(process.argv.slice(2), GO_FLAGS))
