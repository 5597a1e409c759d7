import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

const PACKAGES = resolve(import.meta.dirname, '../..')
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

/** What only a browser's types have a name for. */
const BROWSER = `
import { type EntrySource, readEntries } from '@datastreamer/format'
export const blob = readEntries(new Blob([]))
export const read = (source: EntrySource, { signal }: AbortController) => source.entries({ signal })
`

/**
 * Writes the configurations of one build: the declarations of the packages as they are published, and programs that use
 * them without the types of Node, with those of a browser and with nothing but the language.
 */
function configure({ join }: ReturnType<typeof tempDir>): void {
  const put = (name: string, config: unknown): void => writeFileSync(join(name), JSON.stringify(config))
  const paths = {
    '@datastreamer/format': [join('format/index.d.ts')],
    '@datastreamer/format/source': [join('format/source.d.ts')],
    '@datastreamer/sequencer-entries': [join('sequencer-entries/index.d.ts')],
    '@bufbuild/protobuf': [`${PACKAGES}/sequencer-entries/node_modules/@bufbuild/protobuf`],
    '@bufbuild/protobuf/*': [`${PACKAGES}/sequencer-entries/node_modules/@bufbuild/protobuf/dist/esm/*/index.d.ts`],
  }
  const output = (name: string) => ({
    outDir: join(name),
    tsBuildInfoFile: join(`${name}.tsbuildinfo`),
    composite: true,
  })
  for (const name of ['format', 'sequencer-entries']) {
    put(`${name}.json`, {
      extends: `${PACKAGES}/${name}/tsconfig.build.json`,
      compilerOptions: { ...output(name), rootDir: `${PACKAGES}/${name}/src`, declarationMap: false, paths },
      include: [`${PACKAGES}/${name}/src`],
      exclude: [`${PACKAGES}/${name}/src/**/*.test.ts`],
      references: name === 'format' ? [] : [{ path: join('format.json') }],
    })
  }
  const programs = {
    language: { lib: ['es2022'], files: [] },
    browser: { lib: ['es2022', 'dom'], files: [join('browser.ts')] },
  }
  writeFileSync(join('browser.ts'), BROWSER)
  for (const [name, { lib, files }] of Object.entries(programs)) {
    put(`${name}.json`, {
      compilerOptions: {
        ...output(name),
        rootDir: '/',
        target: 'es2022',
        module: 'nodenext',
        moduleDetection: 'force',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        types: [],
        lib,
        paths,
      },
      files: [...files, ...['format', 'sequencer-entries'].map((one) => `${PACKAGES}/${one}/test/guesses.test-d.ts`)],
      references: ['format', 'sequencer-entries'].map((one) => ({ path: join(`${one}.json`) })),
    })
  }
  put('tsconfig.json', { files: [], references: Object.keys(programs).map((name) => ({ path: join(`${name}.json`) })) })
}

test('declarations compile without the types of Node, in a browser and with nothing but the language', () => {
  using dir = tempDir()
  configure(dir)
  const { status, stdout, stderr } = spawnSync(process.execPath, [TSC, '-b', dir.path], { encoding: 'utf8' })
  expect([status, stdout, stderr]).toEqual([0, '', ''])
})
