#!/usr/bin/env node
import { runsOnThisNode } from '@datastreamer/service/node'
import pkg from '../package.json' with { type: 'json' }

// What an old Node cannot read must not be linked before it is asked.
if (runsOnThisNode(pkg)) void import('./run.ts')
