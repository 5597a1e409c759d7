#!/usr/bin/env node
import { runService } from '@datastreamer/service'
import { program } from './program.ts'

await runService(program, process.argv.slice(2))
