#!/usr/bin/env node
import { runService } from '@datastreamer/service'
import { goArguments } from './go-spellings.ts'
import { program } from './program.ts'

await runService(program, goArguments(process.argv.slice(2)))
