import { readdir, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { extname, join } from 'node:path'
import { E2FormatError } from '@datastreamer/e2store'
import { createFile } from '@datastreamer/e2store/node'
import { openSidecar, SIDECAR_EXTENSION, StaleSidecarError } from '@datastreamer/e2store/sidecar'
import { ExitCode } from '@datastreamer/service/exit-code'
import { MissingError } from '../errors.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { CommandContext } from '../run-command.ts'
import { ofAbsent } from './errors.ts'
import { openBlocks } from './facts.ts'
import { openInput, withFile } from './file.ts'
import { type IndexResult, IndexThread } from './index-threads.ts'

export interface FullIndexOptions {
  readonly jobs?: number
  /** Compare the sidecars that are there, and write none. */
  readonly check?: boolean
  /** Build those too that are up to date. */
  readonly force?: boolean
}

/** The extensions of files with blocks of the execution layer. */
const EXTENSIONS = new Set(['.era1', '.ere', '.erae', '.e2hs'])

/** Build or compare the sidecars of a file, or of all files in a folder, in some threads; a line for each. */
export async function fullIndex(
  path: string,
  { jobs = availableParallelism(), check = false, force = false }: FullIndexOptions,
  { out, note, signal }: CommandContext,
): Promise<ExitCode> {
  const files = await dataFiles(path)
  if (files.length === 0) note(`${path}: no file with blocks of the execution layer`)
  let status: ExitCode = files.length === 0 ? ExitCode.failed : ExitCode.ok
  using progress = new Progress(check ? 'check' : 'index')
  const shares = new Map<string, number>()
  const show = (file: string, share: number): void => {
    shares.set(file, share)
    progress.show(
      [...shares.values()].reduce((sum, each) => sum + each, 0),
      files.length,
    )
  }
  const queue = files.values()
  const work = async (): Promise<void> => {
    await using thread = new LazyThread()
    for (const file of queue) {
      signal.throwIfAborted()
      const onProgress = (share: number): void => show(file, share)
      const line = await indexFile(file, { thread, check, force, signal, onProgress })
      show(file, 1)
      progress.clear()
      if (line.startsWith(FAILED)) status = ExitCode.failed
      await out.line(line)
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, work))
  return status
}

/** A thread that starts when it is needed: most files may be up to date. */
class LazyThread implements AsyncDisposable {
  #thread: IndexThread | undefined

  get(): IndexThread {
    this.#thread ??= new IndexThread()
    return this.#thread
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.[Symbol.asyncDispose]()
  }
}

interface FileWork {
  readonly thread: LazyThread
  readonly check: boolean
  readonly force: boolean
  readonly signal: AbortSignal
  onProgress(share: number): void
}

const FAILED = 'FAILED'

/** What became of the sidecar of a file, as a line. */
async function indexFile(path: string, { thread, check, force, signal, onProgress }: FileWork): Promise<string> {
  const sidecar = `${path}${SIDECAR_EXTENSION}`
  try {
    if (!check && !force && (await isCurrent(path, sidecar, signal))) return `current  ${sidecar}`
    const request = check ? { path, compare: sidecar } : { path }
    const result = await thread.get().ask(request, { signal, onProgress })
    return await lineOf(result, path, sidecar)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && ('syscall' in error || 'code' in error)) return `${FAILED}   ${error.message}`
    throw error
  }
}

async function lineOf(result: IndexResult, path: string, sidecar: string): Promise<string> {
  if (result.t === 'failed') return `${FAILED}   ${result.message}`
  if (result.t === 'same') return `ok       ${sidecar}: as the data of ${path} say`
  const { bytes } = result
  await using file = await createFile(sidecar, { replace: true })
  await file.write(bytes)
  await file.commit()
  const { size } = await stat(path)
  return `built    ${sidecar}: ${plural(bytes.length, 'byte')}, ${((100 * bytes.length) / size).toFixed(2)}% of the file`
}

/** Whether there is a sidecar of this file, by its header. */
async function isCurrent(path: string, sidecar: string, signal: AbortSignal): Promise<boolean> {
  try {
    await using source = await openInput(sidecar, signal)
    return await withFile(path, signal, async (file) => {
      await openSidecar(source, { archive: await openBlocks(file) })
      return true
    })
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const found = error instanceof MissingError ? error : cause
    if (found instanceof MissingError || found instanceof StaleSidecarError || found instanceof E2FormatError)
      return false
    throw error
  }
}

/** The data files that a path names: itself, or those in the folder. */
async function dataFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw ofAbsent(path, error)
  })
  if (!found.isDirectory()) return [path]
  const names = (await readdir(path)).filter((name) => EXTENSIONS.has(extname(name).toLowerCase()))
  return names.sort().map((name) => join(path, name))
}
