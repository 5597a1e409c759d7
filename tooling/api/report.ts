/**
 * The API report of each package that is published: what its entry points export, as text that a review reads.
 *
 * Compares `packages/<package>/api/<entry>.api.md` with the declarations in `dist`; with `--accept`, writes it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IConfigFile,
} from '@microsoft/api-extractor'

interface Manifest {
  readonly name: string
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, { readonly types?: string }>> }
}

const accept = process.argv.includes('--accept')
const root = resolve(import.meta.dirname, '../..')
const silent = { logLevel: ExtractorLogLevel.None }

function configOf(folder: string, declarations: string, all: readonly string[]): ExtractorConfig {
  const configObject: IConfigFile = {
    projectFolder: folder,
    mainEntryPointFilePath: declarations,
    newlineKind: 'lf',
    compiler: {
      overrideTsconfig: {
        compilerOptions: {
          target: 'es2023',
          lib: ['es2023', 'esnext.disposable', 'dom'],
          module: 'nodenext',
          types: ['node'],
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: true,
          noEmit: true,
        },
        files: all,
      },
    },
    apiReport: {
      enabled: true,
      includeForgottenExports: true,
      reportFileName: basename(declarations, '.d.ts'),
      reportFolder: join(folder, 'api'),
      reportTempFolder: join(folder, '.turbo/api'),
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    // The report is the product: what the extractor thinks of docstrings is not.
    messages: { extractorMessageReporting: { default: silent }, tsdocMessageReporting: { default: silent } },
  }
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  })
}

/** The report files of one package that differ from its declarations. */
function differences(folder: string, manifest: Manifest): string[] {
  const declarations = Object.values(manifest.publishConfig?.exports ?? {})
    .flatMap(({ types }) => types ?? [])
    .map((types) => join(folder, types))
  const missing = declarations.find((file) => !existsSync(file))
  if (missing !== undefined) throw new Error(`${missing} is not built: run \`pnpm build\` first`)
  mkdirSync(join(folder, 'api'), { recursive: true })

  const different: string[] = []
  let compilerState: CompilerState | undefined
  for (const file of declarations) {
    const config = configOf(folder, file, declarations)
    compilerState ??= CompilerState.create(config, { additionalEntryPoints: declarations })
    const { apiReportChanged, errorCount } = Extractor.invoke(config, {
      compilerState,
      localBuild: accept,
      messageCallback: (message) => {
        message.handled = message.logLevel !== ExtractorLogLevel.Error
      },
    })
    if (errorCount > 0) throw new Error(`${file} cannot be read`)
    if (apiReportChanged) different.push(config.reportFilePath)
  }
  const expected = declarations.map((file) => `${basename(file, '.d.ts')}.api.md`)
  const left = readdirSync(join(folder, 'api')).filter((file) => !expected.includes(file))
  return [...different, ...left.map((file) => `${join(folder, 'api', file)} (of no entry point: remove it)`)]
}

const changed = readdirSync(join(root, 'packages')).flatMap((name) => {
  const folder = join(root, 'packages', name)
  if (!existsSync(join(folder, 'package.json'))) return []
  return differences(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest)
})
for (const file of changed) console.log(`${accept ? 'written' : 'differs'}: ${file.replace(`${root}/`, '')}`)
if (changed.length > 0 && !accept) {
  console.log(
    'The public surface is not what the reports say. If that is meant: `pnpm build && pnpm api`, and commit them.',
  )
  process.exitCode = 1
}
