import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { DemoFolder } from './demo-folder.ts'

test('what a killed demo has left is removed by the next, and what a living one has is not', () => {
  const parent = mkdtempSync(join(tmpdir(), 'datastreamer-'))
  try {
    const { pid } = spawnSync(process.execPath, ['--eval', ''])
    const others = [`datastreamer-demo-${process.ppid}-abcdef`, `datastreamer-demo-${pid}-other-things`]
    for (const name of [...others, `datastreamer-demo-${pid}-abcdef`])
      mkdirSync(join(parent, name, 'data'), { recursive: true })
    const folder = new DemoFolder(parent)
    expect(new Set(readdirSync(parent))).toEqual(new Set([...others, basename(folder.path)]))
    folder[Symbol.dispose]()
    expect(new Set(readdirSync(parent))).toEqual(new Set(others))
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
})
