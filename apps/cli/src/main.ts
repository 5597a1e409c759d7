#!/usr/bin/env node
import { runsOnThisNode } from '@datastreamer/service/node'
import pkg from '../package.json' with { type: 'json' }
import { useSmallHeap } from './small-heap.ts'

// What an old Node cannot read must not be linked before it is asked.
if (runsOnThisNode(pkg)) {
  const [, , group, command] = process.argv
  if (group === 'e2store' && command === 'serve') useSmallHeap()
  void import('./run.ts')
}
